import GantryClient
import GantrySystem
import GantryTar
import GantryWire

/// A copy out of a container. What comes is written below the destination, whatever names the archive has.
struct Download {
    var container: String
    var path: String
    var followsLink: Bool
    var keepsOwners: Bool

    /// The bytes that were written; nil when the archive went to standard output.
    func run(_ daemon: Daemon, to place: CopyPlace) throws -> Int64? {
        var request: JSONObject = [
            "container": .string(container), "path": .string(path), "follow": .bool(followsLink),
        ]
        let source = try daemon.call("containers.statPath", request)
        guard case .local(let destination) = place else {
            if File.isTerminal(1) { throw Failure("cp: standard output is a terminal; send it into a file or a pipe") }
            if CopyPlace.meansContents(path) { request["name"] = "." }
            try daemon.client.bulk("containers.copyOut", request) { socket in
                try Export.copy(from: socket, to: 1)
            }
            return nil
        }
        let target = try target(destination, source)
        request["name"] = .string(target.name)
        let owner = FileRules.Owner(uid: Processes.effectiveUser, gid: Processes.effectiveGroup)
        let rules = FileRules(owner: keepsOwners ? nil : owner, keepsKind: true, dropsSetID: !keepsOwners)
        var bytes: Int64 = 0
        try daemon.client.bulk("containers.copyOut", request) { socket in
            bytes = try Self.unpack(from: socket, into: target.directory, rules)
        }
        return bytes
    }

    /// The directory to write into, and what the copy is called there.
    private func target(_ destination: String, _ source: JSON) throws(Failure) -> (directory: String, name: String) {
        let isDirectory = source["kind"]?.string == "directory"
        if let there = try? FileStatus.of(destination, follow: true) {
            if there.kind == .directory {
                if isDirectory, CopyPlace.meansContents(path) { return (destination, ".") }
                let own = source["name"]?.string ?? ""
                return (destination, CopyPlace.name(path) ?? (own.isEmpty ? "." : own))
            }
            if CopyPlace.meansDirectory(destination) { throw Failure("cp: '\(destination)' is no directory") }
            // The copy takes the file's place: a device is not to be replaced.
            if there.kind != .regular { throw Failure("cp: '\(destination)' is no regular file") }
            if isDirectory { throw Failure("cp: '\(destination)' is a file; '\(path)' is a directory") }
            let real = try Upload.real(destination)
            return (Path.parent(of: real), Path.name(of: real))
        }
        if !isDirectory, CopyPlace.meansDirectory(destination) {
            throw Failure("cp: the directory '\(destination)' does not exist")
        }
        let parent = CopyPlace.parent(destination)
        guard let name = CopyPlace.name(destination), (try? FileStatus.of(parent, follow: true))?.kind == .directory
        else { throw Failure("cp: the directory '\(parent)' does not exist") }
        return (parent, name)
    }

    private static func unpack(from socket: Int32, into directory: String, _ rules: FileRules) throws -> Int64 {
        var name = directory
        do {
            let root = SharedDescriptor(try File.open(directory, .directory))
            var extraction = TarExtraction(into: try TreeWriter(files: root, rules))
            defer { extraction.abandon() }
            var chunk = [UInt8](repeating: 0, count: 256 << 10)
            while true {
                let count = try File.readChunk(socket, &chunk)
                if count == 0 { break }
                do {
                    try chunk.withUnsafeBytes { try extraction.feed(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                } catch {
                    name = directory + "/" + extraction.entryName
                    throw error
                }
            }
            try extraction.finish()
            return extraction.usage.bytes
        } catch let error as EntryRefusal {
            throw Failure("cp: write '\(name)': \(error.reason)")
        } catch let error as Errno {
            throw Failure("cp: write '\(name)': \(error.reason)")
        } catch let error as TarError {
            // The daemon says why it stopped.
            if error.kind == .truncated { throw Errno.connectionReset }
            throw Failure("cp: what the daemon sent is no archive: \(error)")
        }
    }
}
