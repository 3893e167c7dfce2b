import GantryModel
import GantrySystem
import GantryWire

/// Attaching: the way to a connection with a container's shim that carries its standard streams.
enum Attachment {
    /// Connects to the shim at `path` and attaches as the foreground client: every byte arrives, and not reading
    /// holds the container up.
    ///
    /// Blocks until the shim has answered. Nothing behind its answer has been read when this returns.
    /// - Throws: `.unavailable` when there is no shim, otherwise what the shim answered.
    static func open(_ path: String, input: Bool) throws(GantryError) -> OwnedDescriptor {
        let socket: OwnedDescriptor
        do throws(Errno) {
            socket = try UnixSocket.connect(path)
        } catch {
            throw GantryError(.unavailable, "connect to shim '\(path)': \(error)")
        }
        let parameters: JSONObject = ["stdin": .bool(input), "stdout": true, "stderr": true, "exclusive": true]
        do throws(Errno) {
            try UnixSocket.send(
                socket.raw, Envelope.request(id: .int(1), method: "task.attach", params: parameters).frame())
        } catch {
            throw GantryError(.unavailable, "attach to shim '\(path)': \(error)")
        }
        let answer = try Self.readFrame(socket.raw, path)
        if let error = answer["error"] {
            let body = ErrorBody(error)
            throw GantryError(body.code, body.message)
        }
        return socket
    }

    /// One frame and not a byte more: stdio frames follow it.
    private static func readFrame(_ socket: Int32, _ path: String) throws(GantryError) -> JSON {
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
        throw GantryError(.unavailable, "attach to shim '\(path)': \(reason)")
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
