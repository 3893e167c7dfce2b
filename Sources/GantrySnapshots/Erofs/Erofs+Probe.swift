import GantryCore
import GantryErofs
import GantrySystem

extension Erofs {
    /// Makes an image of nothing and mounts it from its file: the kernel's own answer. Cost: some milliseconds.
    static func probe(_ root: String) -> DriverAvailability {
        if case .skipped(let reason) = Overlayfs.probe(root) { return .skipped(reason) }
        let place = root + "/probe-" + File.random(6).map { String($0, radix: 16) }.joined()
        defer { try? Directory.removeTree(place) }
        do throws(Errno) {
            try Path.makeDirectories(place + "/fs", mode: 0o700)
            let file = SharedDescriptor(try File.open(place + "/image", [.write, .create, .exclusive], mode: 0o600))
            var image = ErofsWriter(file, root: ErofsFacts(kind: .directory, permissions: 0o755))
            try image.finish()
            try mount(place + "/image", at: place + "/fs")
        } catch {
            return .skipped(
                error == .noBlockDevice
                    ? "the kernel cannot mount erofs from a file, as 6.12 and later can"
                    : "erofs cannot be mounted from a file in '\(root)': \(error.reason)")
        }
        try? Mounts.unmount(place + "/fs", detach: true)
        return .ready
    }
}
