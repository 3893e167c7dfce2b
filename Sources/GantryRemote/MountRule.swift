package import GantryCore
package import GantryModel
import GantrySystem
import GantryWire

/// Which places of the machine a snapshotter plugin may have mounted.
///
/// gantryd mounts as root what a plugin answers. A plugin that is mistaken, or that somebody has taken over, must not thereby
/// put `/etc` of the machine into a container: every source has to lie below the plugin's root, or below a place that the
/// operator has named in its manifest. Links on the way are followed before the judgement.
package struct MountRule: Sendable, Equatable {
    /// Absolute paths; a source lies below one of them. Empty allows nothing.
    package var roots: [String]

    package init(roots: [String]) { self.roots = roots }

    /// File systems whose source is a file or directory; others (network file systems) are refused.
    private static let types: Set<String> = ["bind", "overlay", "erofs", "squashfs", "ext4", "xfs", "btrfs"]
    /// Options that name directories; all of them are looked at.
    private static let layers: Set<Substring> = [
        "lowerdir", "lowerdir+", "datadir+", "upperdir", "workdir",
    ]

    /// Refuses what does not lie where it may.
    /// - Throws: `.permissionDenied` naming the path.
    package func check(_ mounts: [Mount], of id: String) throws(GantryError) {
        let tops = open()
        for mount in mounts {
            guard Self.types.contains(mount.type) || mount.options.contains("bind") || mount.options.contains("rbind")
            else { throw refusal(id, "a mount of type '\(mount.type)' is not allowed") }
            guard !mount.target.hasPrefix("/"), !mount.target.split(separator: "/").contains("..") else {
                throw refusal(id, "target '\(mount.target)' leads out of the container's root")
            }
            if mount.type != "overlay" { try check(path: mount.source, tops, of: id) }
            for option in mount.options {
                guard let equals = option.firstIndex(of: "="), Self.layers.contains(option[..<equals]) else {
                    continue
                }
                for path in option[option.index(after: equals)...].split(separator: ":") {
                    try check(path: String(path), tops, of: id)
                }
            }
        }
    }

    /// The same for a directory to write a layer into.
    package func check(_ target: LayerTarget, of id: String) throws(GantryError) {
        let tops = open()
        for path in [target.directory] + target.parents { try check(path: path, tops, of: id) }
    }

    /// A place below which sources may lie.
    private struct Top {
        /// As the manifest has it, with a slash behind.
        let prefix: String
        let handle: SharedDescriptor
    }

    private func open() -> [Top] {
        roots.compactMap { root in
            guard let handle = try? File.open(root, [.path, .directory]) else { return nil }
            return Top(prefix: root.hasSuffix("/") ? root : root + "/", handle: SharedDescriptor(handle))
        }
    }

    private func check(path: String, _ tops: [Top], of id: String) throws(GantryError) {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw refusal(id, "'\(path)' is no absolute path")
        }
        // The usual case is one call: the kernel goes down from the root and meets no link.
        for top in tops where path.hasPrefix(top.prefix) {
            let resolve: File.Resolve = [.beneath, .noSymlinks, .noMagicLinks]
            let below = String(path.dropFirst(top.prefix.count))
            if (try? File.open(below, .path, below: top.handle.raw, resolve: resolve)) != nil { return }
        }
        let real: String
        do throws(Errno) { real = try Path.real(path) } catch {
            throw refusal(id, "'\(path)' cannot be looked at: \(error.reason)")
        }
        for root in roots {
            let top = (try? Path.real(root)) ?? root
            if real == top || real.hasPrefix(top == "/" ? "/" : top + "/") { return }
        }
        let places = roots.map { "'\($0)'" }.joined(separator: ", ")
        throw refusal(id, "'\(real)' lies outside \(places.isEmpty ? "of all that it may show" : places)")
    }

    private func refusal(_ id: String, _ reason: String) -> GantryError {
        GantryError(
            .permissionDenied,
            "mount what plugin '\(id)' answers: \(reason) (its manifest may allow more: 'root', 'mount_roots')")
    }
}
