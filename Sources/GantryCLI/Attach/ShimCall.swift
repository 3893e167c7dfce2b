import GantryModel
import GantrySystem
import GantryWire

/// One call to a container's shim, over a connection of its own.
enum ShimCall {
    /// Attaches to the shim at `path`.
    ///
    /// - Parameter foreground: every byte arrives on the connection that this gives, and not reading it holds the
    ///   container up; else who reads too slowly is disconnected.
    static func attach(_ path: String, input: Bool, foreground: Bool) throws(GantryError) -> OwnedDescriptor {
        try call(
            path, "task.attach",
            ["stdin": .bool(input), "stdout": true, "stderr": true, "exclusive": .bool(foreground)])
    }

    /// Starts a prepared exec with this program at its streams. That the connection breaks is a hang-up for the process.
    static func startExec(_ path: String, _ exec: String, input: Bool) throws(GantryError) -> OwnedDescriptor {
        try call(
            path, "exec.start",
            [
                "exec": .string(exec), "stdin": .bool(input), "stdout": true, "stderr": true, "exclusive": true,
                "hangUp": true,
            ])
    }

    /// Sends a signal to the container, without the daemon.
    static func kill(_ path: String, _ signal: Int32) throws(GantryError) {
        _ = try call(path, "task.kill", ["signal": .int(Int64(signal))])
    }

    /// What the container is doing: created, starting, running or stopped; nil when its shim is gone.
    static func state(_ path: String) -> String? {
        let request = Envelope.request(id: .int(1), method: "task.state", params: [:]).frame()
        guard let socket = try? send(request, to: path) else { return nil }
        try? UnixSocket.setReceiveTimeout(socket.raw, milliseconds: 5000)
        return (try? readFrame(socket.raw, "task.state '\(path)'"))?["result"]?["state"]?.string
    }

    /// Calls a method and gives the connection. Blocks until the shim has answered; nothing behind its answer has been
    /// read when this returns.
    /// - Throws: `.unavailable` when there is no shim, otherwise what the shim answered.
    private static func call(
        _ path: String, _ method: String, _ parameters: JSONObject
    ) throws(GantryError) -> OwnedDescriptor {
        let request = Envelope.request(id: .int(1), method: method, params: parameters).frame()
        let socket: OwnedDescriptor
        do throws(Errno) { socket = try send(request, to: path) } catch {
            throw GantryError(.unavailable, "\(method) '\(path)': \(error)")
        }
        let answer = try readFrame(socket.raw, "\(method) '\(path)'")
        if let error = answer["error"] {
            let body = ErrorBody(error)
            throw GantryError(body.code, body.message)
        }
        return socket
    }

    private static func send(_ request: [UInt8], to path: String) throws(Errno) -> OwnedDescriptor {
        let socket = try UnixSocket.connect(path)
        try UnixSocket.send(socket.raw, request)
        return socket
    }

    /// One frame and not a byte more: stdio frames follow it.
    private static func readFrame(_ socket: Int32, _ subject: String) throws(GantryError) -> JSON {
        let reason: String
        do throws(Errno) {
            let header = try read(socket, count: Frame.headerLength)
            let length = header.reduce(0) { $0 << 8 | Int($1) }
            if header.count == Frame.headerLength, length <= 1 << 20 {
                let body = try read(socket, count: length)
                if body.count == length, let answer = try? JSON.parse(body) { return answer }
            }
            reason = "the shim's answer is cut short or malformed"
        } catch {
            reason = error.reason
        }
        throw GantryError(.unavailable, "\(subject): \(reason)")
    }

    private static func read(_ socket: Int32, count: Int) throws(Errno) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        var failure: Errno?
        bytes.withUnsafeMutableBytes { buffer in
            do throws(Errno) { done = try File.readFull(socket, into: buffer) } catch { failure = error }
        }
        if let failure { throw failure }
        return Array(bytes[..<done])
    }
}
