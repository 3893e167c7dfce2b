import GantryCore
import GantryDiff
import GantryModel
import GantryRPC
import GantrySystem
import GantryTar
import GantryWire

/// `containers.statPath`, `containers.copyOut` and `containers.copyIn`: a container's files, one by one.
///
/// Paths are resolved inside the root, volumes and other mounts included, by the kernel and never by their text.
extension ContainerService {
    var statPathMethod: Method {
        Method(
            "containers.statPath", "Says what is at a path in a container, whether it runs or not.",
            params: [CommonField.container, Self.pathField, Self.followField],
            result:
                "{path (resolved, absolute), name, kind, mode (permission bits), uid, gid, size, modified, link (of a symbolic link)}",
            errors: [.notFound, .invalidArgument, .failedPrecondition], access: .guarded
        ) { [self] call in
            let record = try find(call)
            let (path, follow) = (try call.string("path"), call["follow"]?.bool ?? false)
            return try withRoot(of: record, mounts: true) { files in
                try Self.describe(path, of: record) {
                    let found = try RootPath.find(path, below: files.root, follow: follow)
                    return try Self.facts(found, files)
                }
            }
        }
    }

    var copyOutMethod: Method {
        Method(
            "containers.copyOut", "Sends a file or a directory of a container as a tar archive.",
            params: [
                CommonField.container, Self.pathField, Self.followField,
                Field(
                    "name", .string,
                    "What it is called in the archive; its own name when absent. '.' stands for what is in a directory."
                ),
            ], result: "{}: everything was sent.", errors: [.notFound, .invalidArgument, .failedPrecondition],
            access: .guarded, mode: .bulk
        ) { [self] call in
            let record = try find(call)
            let (path, follow) = (try call.string("path"), call["follow"]?.bool ?? false)
            let wanted = call["name"]?.string
            return try withRoot(of: record, mounts: true) { files in
                try Self.describe(path, of: record) {
                    let found = try RootPath.find(path, below: files.root, follow: follow)
                    if try found.status().kind == .symlink, follow { throw Errno.noEntry }
                    let connection = try call.openBulk()
                    var producer = TarProducer(owners: files.owners) { bytes in
                        try call.checkCancelled()
                        try connection.write(bytes)
                    }
                    try producer.add(
                        found.name, at: found.parent, as: wanted.map { Array($0.utf8) } ?? found.name.bytes)
                    try producer.finish()
                    try call.checkCancelled()
                    connection.finishWriting()
                    return [:]
                }
            }
        }
    }

    var copyInMethod: Method {
        Method(
            "containers.copyIn",
            "Writes the files of a tar archive, plain or compressed by gzip or zstd, into a directory of a container.",
            params: [
                CommonField.container,
                Field("path", .string, required: true, "The directory, which is there; links are followed."),
                Field("keepOwners", .boolean, "Files keep the owners that the archive names; else root has them."),
                Field(
                    "replaceKinds", .boolean,
                    "A directory may replace what is no directory, and be replaced by it; else that is refused."),
            ], result: "{bytes, files}: what was written.",
            errors: [.notFound, .invalidArgument, .failedPrecondition, .dataLoss, .resourceExhausted], mode: .bulk
        ) { [self] call in
            let record = try find(call)
            let path = try call.string("path")
            let keepsKind = call["replaceKinds"]?.bool != true
            let owner = call["keepOwners"]?.bool == true ? nil : FileRules.Owner(uid: 0, gid: 0)
            return try withRoot(of: record, mounts: true) { files in
                try Self.describe(path, of: record) {
                    let found = try RootPath.find(path, below: files.root, follow: true)
                    guard try found.status().kind == .directory else { throw Errno.notDirectory }
                    let rules = FileRules(
                        place: found.place, owner: owner, owners: files.owners, keepsKind: keepsKind)
                    let usage = try Self.receive(call, try TreeWriter(files: files.root, rules), path, record)
                    return ["bytes": .int(usage.bytes), "files": .int(usage.inodes)]
                }
            }
        }
    }

    private static let pathField = Field(
        "path", .string, required: true, "In the container; one that does not begin with '/' is below the root as well."
    )
    private static let followField = Field("follow", .boolean, "A link at the end of the path is followed.")

    /// Unpacks what the client sends.
    private static func receive(
        _ call: Call, _ tree: TreeWriter, _ path: String, _ record: ContainerRecord
    ) throws -> WrittenUsage {
        var extraction = TarExtraction(into: tree)
        defer { extraction.abandon() }
        let archive = PlainArchive(BulkSource(try call.openBulk()), name: "archive")
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        let place = "copy into '\(path)' of container '\(record.name)'"
        do {
            while true {
                try call.checkCancelled()
                let count = try archive.read(into: buffer)
                if count == 0 { break }
                try extraction.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            try call.checkCancelled()
            try extraction.finish()
        } catch let error as TarError {
            throw GantryError(error.kind == .limit ? .resourceExhausted : .dataLoss, "\(place): \(error)")
        } catch let error as EntryRefusal {
            throw GantryError(.invalidArgument, "\(place): entry '\(extraction.entryName)': \(error.reason)")
        } catch let error as Errno {
            throw GantryError("\(place): entry '\(extraction.entryName)'", error)
        }
        return extraction.usage
    }

    private static func facts(_ found: RootPath, _ files: ContainerFiles) throws -> JSON {
        let shown = try found.status()
        let status = files.owners.map(shown.seen(by:)) ?? shown
        var object: JSONObject = [
            "path": .string("/" + String(decoding: found.place, as: UTF8.self)), "name": .string(found.name.text),
            "kind": .string(name(status.kind)), "mode": .int(Int64(status.permissions)), "uid": .int(Int64(status.uid)),
            "gid": .int(Int64(status.gid)), "size": .int(status.size),
            "modified": .string(
                Timestamp(nanoseconds: status.modified.seconds * 1_000_000_000 + status.modified.nanoseconds)
                    .description),
        ]
        if status.kind == .symlink { object["link"] = .string(try found.name.readLink(at: found.parent.raw).text) }
        return .object(object)
    }

    private static func name(_ kind: FileStatus.Kind) -> String {
        switch kind {
        case .regular: "file"
        case .directory: "directory"
        case .symlink: "symlink"
        case .fifo: "fifo"
        case .socket: "socket"
        case .characterDevice: "characterDevice"
        case .blockDevice: "blockDevice"
        case .unknown: "unknown"
        }
    }

    /// Says of which path and container an error is.
    private static func describe<Result>(
        _ path: String, of record: ContainerRecord, _ body: () throws -> Result
    ) throws -> Result {
        do { return try body() } catch let error as Errno {
            let place = "container '\(record.name)': '\(path)'"
            switch error {
            case .noEntry: throw GantryError(.notFound, "\(place): no such file or directory")
            case .notDirectory, .loop, .nameTooLong, .invalid:
                throw GantryError(.invalidArgument, "\(place): \(error.reason)")
            default: throw GantryError(place, error)
            }
        }
    }
}
