import GantrySystem

/// A real file system on a loop device of its own, in a sparse file; gone without a trace afterwards.
package final class LoopFilesystem: Sendable {
    /// Where it is mounted.
    package let place: String
    private let image: String
    /// The loop device; the kernel frees it with the last mount.
    package let device: String

    /// Makes and mounts one.
    /// - Parameters:
    ///   - type: `btrfs` or `ext4`.
    ///   - size: bytes; btrfs takes 128 MiB at least.
    /// - Throws: `CheckFailure` when a program fails.
    package init(_ type: String, size: Int64 = 1 << 30, options: String = "") throws {
        let stem = "/tmp/gl-" + File.random(4).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        (image, place) = (stem + ".img", stem)
        do {
            let file = try File.open(image, [.readWrite, .create, .exclusive], mode: 0o600)
            try File.truncate(file.raw, to: size)
        }
        try Path.makeDirectory(place)
        let quiet = type == "btrfs" ? ["-q", "-m", "single"] : ["-q", "-F"]
        do {
            _ = try Self.run("mkfs.\(type)", quiet + [image])
            device = try Self.run("losetup", ["--find", "--show", image])
        } catch {
            try? Path.removeDirectory(place)
            try? Path.unlink(image)
            throw error
        }
        do {
            try Mounts.mount(device, at: place, type: type, options: options)
        } catch {
            remove()
            throw error
        }
    }

    /// Why there can be none here; nil when there can.
    package static func missing(_ type: String) -> String? {
        for program in ["mkfs.\(type)", "losetup"] where find(program) == nil { return "\(program) is not installed" }
        let known = (try? File.contents("/proc/filesystems", limit: 1 << 16)) ?? []
        let names = String(decoding: known, as: UTF8.self).split { $0 == "\n" || $0 == "\t" }
        return names.contains(Substring(type)) ? nil : "the kernel has no \(type)"
    }

    /// Calls `body` with the mount point of one. Fails when mounts are left in it.
    package static func with(
        _ type: String, size: Int64 = 1 << 30, options: String = "", _ body: (LoopFilesystem) throws -> Void
    ) throws {
        let made = try LoopFilesystem(type, size: size, options: options)
        defer { made.remove() }
        try body(made)
    }

    /// Calls `body` with an ext4 that has a journal, or with nil where none can be made. For tests that make and remove many
    /// files: a machine whose root has no journal looks through all inodes that were freed in the last minutes to make one.
    package static func withOrdinary(_ body: (_ place: String?) throws -> Void) throws {
        if missing("ext4") != nil { return try body(nil) }
        try with("ext4") { try body($0.place) }
    }

    /// Makes it refuse writes as a broken device does, or takes them again.
    package func setReadOnly(_ on: Bool) throws {
        try Mounts.mount(device, at: place, type: "none", flags: on ? [.remount, .readOnly] : [.remount])
    }

    /// Lets an ext4 that was mounted with `errors=remount-ro` find a fault: whoever has it open sees it read-only from now on.
    package func fail() throws {
        let node = device.split(separator: "/").last ?? ""
        let trigger = try File.open("/sys/fs/ext4/\(node)/trigger_fs_error", [.write])
        try File.write(trigger.raw, "a test's fault")
    }

    /// Unmounts it and removes device and file.
    package func remove() {
        while (try? Mounts.unmount(place)) != nil {}
        try? Mounts.unmount(place, detach: true)
        _ = try? Self.run("losetup", ["--detach", device])
        try? Path.removeDirectory(place)
        try? Path.unlink(image)
    }

    private static func find(_ name: String) -> String? {
        ["/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"].map { $0 + name }.first { Path.isExecutable($0) }
    }

    /// Runs a program of the machine; what it wrote without the last line end.
    @discardableResult
    package static func run(_ name: String, _ arguments: [String]) throws -> String {
        guard let path = find(name) else { throw CheckFailure("\(name) is not installed") }
        let spawn = Spawn(path, [name] + arguments, environment: ["PATH=/usr/bin:/bin:/usr/sbin:/sbin"])
        let run = try ProgramRun.run(spawn, milliseconds: 60_000)
        guard run.status == .exited(0) else {
            throw CheckFailure("\(name) \(arguments): \(String(decoding: run.errors, as: UTF8.self))")
        }
        let text = String(decoding: run.output, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
