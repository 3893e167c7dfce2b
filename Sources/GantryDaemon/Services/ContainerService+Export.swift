import GantryCore
import GantryDiff
import GantryImages
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.export`: a container's files as a tar archive.
extension ContainerService {
    var exportMethod: Method {
        Method(
            "containers.export",
            "Sends a container's files as a tar archive, those of its mounts not included, whether it runs or not.",
            params: [CommonField.container], result: "{}: everything was sent.",
            errors: [.notFound, .failedPrecondition], access: .guarded, mode: .bulk
        ) { [self] call in
            let record = try find(call)
            try withRoot(of: record) { root in
                let connection = try call.openBulk()
                do {
                    var producer = TarProducer { bytes in
                        try call.checkCancelled()
                        try connection.write(bytes)
                    }
                    try producer.tree(root)
                    try producer.finish()
                } catch let error as Errno where error == .brokenPipe || error == .connectionReset {
                    // Who has gone needs no more.
                } catch let error as Errno {
                    throw GantryError("export container '\(record.name)'", error)
                }
                try call.checkCancelled()
                connection.finishWriting()
            }
            return [:]
        }
    }

    /// Gives `body` the container's root: as it is mounted while it has a task, else mounted for as long as it takes.
    ///
    /// - Throws: `.notFound` and `.failedPrecondition` when it cannot be mounted.
    func withRoot(of record: ContainerRecord, _ body: (SharedDescriptor) throws -> Void) throws {
        func open(_ path: String) throws(GantryError) -> SharedDescriptor {
            try describing("open root of container '\(record.name)'") { () throws(Errno) in
                SharedDescriptor(try File.open(path, [.directory]))
            }
        }
        if let mounted = tasks.get.mountedRoot(record.key) { return try body(try open(mounted)) }
        let driver = try drivers.driver(record.snapshotter)
        let mounts = try driver.snapshotter.mounts(record.snapshotKey)
        let place = "\(tasks.get.configurationState)/look-\(record.id.short)-\(Hex.encode(File.random(4)))"
        try describing("make mount point '\(place)'") { () throws(Errno) in
            try Path.makeDirectory(place, mode: 0o700)
        }
        defer { try? Path.removeDirectory(place) }
        try mounts.apply(at: place)
        defer { try? mounts.unmount(at: place) }
        // Closed before it is unmounted.
        let root = try open(place)
        try body(root)
        _ = consume root
    }
}
