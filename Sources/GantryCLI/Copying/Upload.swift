import GantryClient
import GantryModel
import GantrySystem
import GantryTar
import GantryWire

/// A copy into a container.
struct Upload {
    var container: String
    var path: String
    var followsLink: Bool
    var keepsOwners: Bool

    /// The bytes that were written; nil when the archive came from standard input.
    func run(_ daemon: Daemon, from place: CopyPlace) throws -> Int64? {
        guard case .local(let source) = place else {
            if File.isTerminal(0) { throw Failure("cp: standard input is a terminal; give it a tar archive") }
            try send(daemon, into: path) { socket in try Load.copy(from: 0, to: socket) }
            return nil
        }
        // Links that are followed are followed once, before anything is decided by them.
        let origin = followsLink || CopyPlace.meansDirectory(source) ? try Self.real(source) : source
        let status = try Self.status(origin, source)
        if CopyPlace.meansDirectory(source), status.kind != .directory {
            throw Failure("cp: '\(source)' is no directory")
        }
        let target = try target(daemon, source, isDirectory: status.kind == .directory)
        return try send(daemon, into: target.directory) { socket in
            try Self.pack(origin, as: target.name, to: socket)
        }
    }

    private static func status(_ origin: String, _ source: String) throws(Failure) -> FileStatus {
        do throws(Errno) { return try FileStatus.of(origin) } catch {
            throw Failure("cp: '\(source)': \(error.reason)")
        }
    }

    /// The directory of the container to write into, and what the copy is called there.
    private func target(
        _ daemon: Daemon, _ source: String, isDirectory: Bool
    ) throws -> (directory: String, name: String) {
        let own = try CopyPlace.name(source) ?? Path.name(of: Self.real(source))
        do {
            let there = try daemon.call(
                "containers.statPath", ["container": .string(container), "path": .string(path), "follow": true])
            let real = there["path"]?.string ?? path
            if there["kind"]?.string == "directory" {
                return (real, isDirectory && CopyPlace.meansContents(source) ? "." : own)
            }
            if isDirectory { throw Failure("cp: '\(path)' is a file in the container; '\(source)' is a directory") }
            return (CopyPlace.parent(real), CopyPlace.name(real) ?? own)
        } catch let error as GantryError {
            // A container that is not there has no such file either: then the call below says so.
            guard error.code == .notFound else { throw error }
        }
        if !isDirectory, CopyPlace.meansDirectory(path) {
            throw Failure("cp: the directory '\(path)' does not exist in the container")
        }
        let parent = CopyPlace.parent(path)
        return (parent == "." ? "/" : parent, CopyPlace.name(path) ?? own)
    }

    @discardableResult
    private func send(_ daemon: Daemon, into directory: String, _ body: (Int32) throws -> Void) throws -> Int64 {
        let request: JSONObject = [
            "container": .string(container), "path": .string(directory), "keepOwners": .bool(keepsOwners),
        ]
        return try daemon.client.bulk("containers.copyIn", request, body: body)["bytes"]?.int ?? 0
    }

    private static func pack(_ source: String, as name: String, to socket: Int32) throws {
        do {
            var producer = TarProducer { try UnixSocket.send(socket, $0) }
            let parent = SharedDescriptor(try File.open(CopyPlace.parent(source), [.path, .directory]))
            let last = CopyPlace.name(source).map { RawPath($0) } ?? RawPath(source)
            try producer.add(last, at: parent, as: Array(name.utf8))
            try producer.finish()
        } catch let error as Errno {
            // The daemon says why it reads no more.
            if error == .brokenPipe || error == .connectionReset { throw error }
            throw Failure("cp: read '\(source)': \(error.reason)")
        }
    }

    /// Where a path really is, without links; the kernel knows.
    static func real(_ path: String) throws(Failure) -> String {
        do throws(Errno) {
            let file = SharedDescriptor(try File.open(path, .path))
            return try withExtendedLifetime(file) { () throws(Errno) in
                try Path.readLink(Path.ofDescriptor(file.raw))
            }
        } catch { throw Failure("cp: '\(path)': \(error.reason)") }
    }
}
