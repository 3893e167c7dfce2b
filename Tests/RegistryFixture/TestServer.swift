import GantrySystem
import Synchronization

/// A program of the tests that serves until this object goes; it also ends when the tests die.
package final class TestServer: Sendable {
    /// What went wrong with a program.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    private let keyboard: Mutex<Int32>
    private let child: Child
    private let said = Monitor<(text: String, ended: Bool)>(("", false))

    /// Starts a Python program of `Resources`.
    package convenience init(script: String, _ arguments: [String]) throws {
        try self.init(["/usr/bin/python3", Self.resource(script)] + arguments)
    }

    /// Starts any program, by its full path.
    package convenience init(program: String, _ arguments: [String]) throws {
        guard Path.isExecutable(program) else {
            throw Failure(description: "'\(program)' is not installed; 'make deps' installs it")
        }
        try self.init(["/usr/bin/python3", Self.resource("keep.py"), program] + arguments)
    }

    private init(_ arguments: [String]) throws {
        let (inRead, inWrite) = try File.pipe().split()
        let (outRead, outWrite) = try File.pipe().split()
        keyboard = Mutex(inWrite)
        defer {
            _ = OwnedDescriptor(inRead)
            _ = OwnedDescriptor(outWrite)
        }
        child = try Spawn(
            arguments[0], arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONDONTWRITEBYTECODE=1"],
            descriptors: [inRead, outWrite, outWrite]
        ).start()
        try Threads.start("test-server") { [said] in
            let out = OwnedDescriptor(outRead)
            var chunk = [UInt8](repeating: 0, count: 4096)
            while let count = try? File.readChunk(out.raw, &chunk), count > 0 {
                let text = String(decoding: chunk[..<count], as: UTF8.self)
                said.with { $0.text += text }
                said.wakeAll()
            }
            said.with { $0.ended = true }
            said.wakeAll()
        }
    }

    deinit { stop() }

    /// Ends it, and waits until it has ended.
    package func stop() {
        let descriptor = keyboard.withLock { keyboard in
            defer { keyboard = -1 }
            return keyboard
        }
        guard descriptor >= 0 else { return }
        _ = OwnedDescriptor(descriptor)
        _ = try? child.wait()
    }

    /// What `find` finds in all that it has said by now, as soon as it does.
    package func wait<Found>(for what: String, _ find: (String) -> Found?) throws -> Found {
        let found: Found?? = said.wait(milliseconds: 20_000) { said in
            if let found = find(said.text) { return .some(found) }
            return said.ended ? .some(nil) : nil
        }
        guard case .some(.some(let value)) = found else {
            throw Failure(description: "a server of the tests did not tell its \(what): \(said.with { $0.text })")
        }
        return value
    }

    private static func resource(_ name: String) -> String {
        Path.parent(of: #filePath) + "/Resources/" + name
    }

    /// Runs a program to its end.
    /// - Throws: what it said, when its exit status is not 0.
    package static func run(_ program: String, _ arguments: [String]) throws {
        let (read, write) = try File.pipe().split()
        let out = OwnedDescriptor(read)
        let child: Child
        do {
            let end = OwnedDescriptor(write)
            child = try Spawn(
                program, [program] + arguments,
                environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/tmp", "TMPDIR=/tmp"],
                descriptors: [-1, end.raw, end.raw]
            ).start()
        }
        let text = String(decoding: try File.readAll(out.raw), as: UTF8.self)
        let status = try child.wait()
        guard status == .exited(0) else {
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")): \(status): \(text)")
        }
    }
}
