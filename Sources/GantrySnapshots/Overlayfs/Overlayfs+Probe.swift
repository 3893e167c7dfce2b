import GantryCore
import GantryModel
import GantrySystem

extension Overlayfs {
    /// Mounts a small overlay in `root` and writes through it: the kernel's own answer. Cost: about a millisecond.
    static func probe(_ root: String) -> DriverAvailability {
        if root.utf8.contains(where: { [0x3a, 0x2c, 0x5c].contains($0) }) {
            return .skipped("'\(root)' holds a colon, a comma or a backslash, which mount options cannot carry")
        }
        if let status = try? FilesystemStatus.of(root), status.type == FilesystemStatus.overlay {
            return .skipped("'\(root)' lies on an overlay, which cannot be the upper layer of another")
        }
        let place = root + "/probe-" + File.random(6).map { String($0, radix: 16) }.joined()
        defer { try? Directory.removeTree(place) }
        do throws(Errno) {
            for name in ["", "/lower", "/upper", "/work", "/merged"] {
                try Path.makeDirectory(place + name, mode: 0o700)
            }
            let options =
                "lowerdir=\(place)/lower,upperdir=\(place)/upper,workdir=\(place)/work,"
                + "redirect_dir=nofollow,metacopy=off,index=off"
            try Mounts.mount("overlay", at: place + "/merged", type: "overlay", options: options)
        } catch {
            return .skipped("overlayfs cannot be mounted on '\(root)': \(error.reason)")
        }
        defer { try? Mounts.unmount(place + "/merged", detach: true) }
        // A file system without attributes of trusted.* mounts read-only: found out only by writing.
        do throws(Errno) { try Path.makeDirectory(place + "/merged/x") } catch {
            return .skipped("overlayfs on '\(root)' takes no writes: \(error.reason)")
        }
        return .ready
    }
}
