import GantryCore
import GantryImages
import GantryModel
import GantryRuntime
import GantrySystem
import GantryTar
import GantryWire

/// A container's root as somebody outside sees it.
struct ContainerFiles: Sendable {
    let root: SharedDescriptor
    /// Whose ids the files' owners are; nil where they are the container's own numbers, as on disk.
    let owners: OwnerRange?
}

/// The files of containers, for those who look at them from outside.
extension ContainerService {
    /// Gives `body` the root of a container, whether it runs or not.
    ///
    /// While it runs: the root as its own processes see it, or as it is mounted without what is mounted over it. Else its
    /// snapshot is mounted on a thread with a mount namespace of its own, for as long as `body` takes: whatever becomes of
    /// this process, the kernel takes it down. Cost then: a copy of the mount table, some 100 µs.
    ///
    /// - Parameters:
    ///   - mounts: with volumes and binds, which for a container that never ran are given their places.
    ///   - alone: `body` may mount, at `lookPlaces.image`: it has a mount namespace of its own in any case.
    /// - Throws: `.notFound` and `.failedPrecondition` when it cannot be had; what `body` throws.
    func withRoot<Result: Sendable>(
        of record: ContainerRecord, mounts: Bool = false, alone: Bool = false,
        _ body: @escaping @Sendable (ContainerFiles) throws -> Result
    ) throws -> Result {
        try usingSnapshot(of: record) { record in try root(of: record, mounts: mounts, alone: alone, body) }
    }

    private func root<Result: Sendable>(
        of record: ContainerRecord, mounts: Bool, alone: Bool,
        _ body: @escaping @Sendable (ContainerFiles) throws -> Result
    ) throws -> Result {
        let running = try runningRoot(of: record, mounts: mounts)
        if let running, running.owners == nil, !alone { return try body(running) }
        let root = running == nil ? try drivers.driver(record.snapshotter).snapshotter.mounts(record.snapshotKey) : []
        let settings = mounts ? try settings(record) : nil
        let place = lookPlaces.root
        return try Threads.run("gantry-look", stack: 1 << 20) {
            if running == nil || alone { try Self.mount(root, at: place, settings, of: record) }
            // Files that are made there are made by its root; the machine's has no id in it.
            if let owners = running?.owners { try OwnerRange.actAs(user: owners.first, group: owners.first) }
            return try body(try running ?? ContainerFiles(root: Self.open(place, of: record), owners: nil))
        }
    }

    /// Directories that are always there, and that are covered in the namespace of who looks.
    var lookPlaces: (root: String, image: String) {
        let state = tasks.get.configurationState
        return (state + "/tasks", state + "/s")
    }

    private static func open(_ path: String, of record: ContainerRecord) throws(GantryError) -> SharedDescriptor {
        try describing("open root of container '\(record.name)'") { () throws(Errno) in
            SharedDescriptor(try File.open(path, [.directory]))
        }
    }

    private func runningRoot(of record: ContainerRecord, mounts: Bool) throws -> ContainerFiles? {
        let owners = OwnerRanges.range(of: record)
        if mounts, let pid = tasks.get.entry(record.key)?.pid, pid != 0 {
            let root = try? Self.open("/proc/\(pid)/root", of: record)
            // Still that process: else the number may have become another's.
            if let root, tasks.get.entry(record.key)?.pid == pid { return ContainerFiles(root: root, owners: owners) }
        }
        return try tasks.get.mountedRoot(record.key).map {
            ContainerFiles(root: try Self.open($0, of: record), owners: owners)
        }
    }

    /// On a throw-away thread.
    private static func mount(
        _ root: [Mount], at place: String, _ settings: ContainerSettings?, of record: ContainerRecord
    ) throws {
        try describing("look into container '\(record.name)'") { () throws(Errno) in
            try Mounts.unshareNamespace()
            // Nothing of what follows reaches the machine's own mounts.
            try Mounts.mount("", at: "/", type: "", flags: [.recursive, .isPrivate])
        }
        try root.apply(at: place)
        guard let settings, !root.isEmpty else { return }
        let top = try open(place, of: record)
        for mount in settings.mounts where mount.kind != .tmpfs && Path.exists(mount.source) {
            try describing("mount '\(mount.source)' at '\(mount.target)'") { () throws(Errno) in
                try cover(mount, top)
            }
        }
        if settings.security.readOnlyRoot {
            try describing("look into container '\(record.name)'") { () throws(Errno) in
                try Mounts.mount("", at: place, type: "", flags: [.remount, .bind, .readOnly])
            }
        }
    }

    private static func cover(_ mount: ContainerSettings.Mount, _ root: SharedDescriptor) throws(Errno) {
        let target: OwnedDescriptor
        do throws(Errno) {
            target = try File.open(mount.target, .path, below: root.raw)
        } catch {
            if error != .noEntry { throw error }
            // The runtime would make it at the first start.
            try makePlace(mount, root)
            target = try File.open(mount.target, .path, below: root.raw)
        }
        let place = Path.ofDescriptor(target.raw)
        try Mounts.mount(mount.source, at: place, type: "", flags: mount.isRecursive ? [.bind, .recursive] : .bind)
        if mount.readOnly {
            // The name leads to what lies under the mount, until it is looked up again.
            let covered = try File.open(mount.target, .path, below: root.raw)
            try Mounts.mount(
                "", at: Path.ofDescriptor(covered.raw), type: "", flags: [.remount, .bind, .readOnly])
        }
    }

    private static func makePlace(_ mount: ContainerSettings.Mount, _ root: SharedDescriptor) throws(Errno) {
        let isDirectory = try FileStatus.of(mount.source, follow: true).kind == .directory
        do {
            var tree = try TreeWriter(files: root, FileRules(keepsKind: true))
            try tree.begin(TarEntry(isDirectory ? .directory : .file, mount.target, mode: isDirectory ? 0o755 : 0o644))
            try tree.end()
        } catch { throw error as? Errno ?? .invalid }
    }
}
