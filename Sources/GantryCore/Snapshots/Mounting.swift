public import GantryModel
import GantrySystem
import GantryWire

extension Mount {
    /// Mounts this at `root` (or at `target` below it, where links cannot lead out of `root`).
    ///
    /// Cost: one mount(2) where the options fit into the page the kernel takes. Beyond that (about 90 overlay layers)
    /// fsopen(2) with one `lowerdir+` a layer, and below kernel 6.7 mount(2) with paths relative to the layers' common
    /// directory, on a throw-away thread because a working directory belongs to the process.
    /// - Throws: `.notFound` (source or target is not there), `.invalidArgument` and `.internal` with the kernel's word.
    public func apply(at root: String) throws(GantryError) {
        do throws(Errno) {
            if target.isEmpty {
                try attach(at: root)
            } else {
                let base = try File.open(root, [.path, .directory])
                let place = try File.open(target, .path, below: base.raw)
                try attach(at: Path.ofDescriptor(place.raw))
            }
        } catch {
            throw GantryError(
                error == .noEntry ? .notFound : error == .invalid ? .invalidArgument : .internal,
                "mount \(type) '\(source)' at '\(root)\(target.isEmpty ? "" : "/" + target)': \(error.reason)")
        }
    }

    private func attach(at place: String) throws(Errno) {
        let split = MountOptions(options)
        if type == "bind" || split.flags.contains(.bind) {
            try Mounts.mount(source, at: place, type: "", flags: split.flags.union(.bind).subtracting(.readOnly))
            // The kernel takes no attributes for a bind in the same call.
            let attributes = split.flags.intersection([.readOnly, .noSetuid, .noDevices, .noExecute])
            if attributes.isEmpty { return }
            do throws(Errno) {
                try Mounts.mount(source, at: place, type: "", flags: attributes.union([.remount, .bind]))
            } catch {
                try? Mounts.unmount(place, detach: true)
                throw error
            }
        } else if split.data.utf8.count < MountOptions.pageLimit || type != "overlay" {
            try Mounts.mount(source, at: place, type: type, flags: split.flags, options: split.data)
        } else {
            try OverlayMounting.apply(split, source: source, at: place)
        }
    }
}

extension [Mount] {
    /// Mounts all of them in order; when one fails, those before it are taken down again.
    public func apply(at root: String) throws(GantryError) {
        for (index, mount) in enumerated() {
            do throws(GantryError) {
                try mount.apply(at: root)
            } catch {
                try? Array(self[..<index]).unmount(at: root)
                throw error
            }
        }
    }

    /// Takes down what `apply` mounted, last first. A mount point that holds no mount any more is fine.
    ///
    /// A mount that is in use is detached: it leaves the tree at once and goes with its last user.
    public func unmount(at root: String) throws(GantryError) {
        for mount in reversed() {
            let place = mount.target.isEmpty ? root : root + "/" + mount.target
            do throws(Errno) {
                try Mounts.unmount(place)
            } catch .invalid {
                continue
            } catch .noEntry {
                continue
            } catch {
                do throws(Errno) {
                    try Mounts.unmount(place, detach: true)
                } catch {
                    throw GantryError(.internal, "unmount '\(place)': \(error.reason)")
                }
            }
        }
    }

    /// Mounts at a fresh directory below `directory`, calls `body` with its path, and takes everything down again.
    public func withMounted<Result>(below directory: String, _ body: (String) throws -> Result) throws -> Result {
        let name = "m-" + File.random(8).map { String($0, radix: 16) }.joined()
        let place = directory + "/" + name
        do throws(Errno) { try Path.makeDirectory(place, mode: 0o700) } catch {
            throw GantryError(.internal, "make mount point '\(place)': \(error.reason)")
        }
        defer { try? Path.removeDirectory(place) }
        try apply(at: place)
        defer { try? unmount(at: place) }
        return try body(place)
    }
}
