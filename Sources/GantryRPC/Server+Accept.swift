package import GantryModel
import GantrySystem
import GantryWire

extension Server {
    /// Accepts on `listener` from now on, on a thread of its own.
    package func listen(_ listener: consuming Listener, readOnly: Bool = false) throws(GantryError) {
        let path = listener.path
        let socket = SharedDescriptor(listener.descriptor)
        state.with { $0.acceptors += 1 }
        do throws(Errno) {
            try Threads.start("rpc-accept") { [self] in
                accept(from: socket, readOnly: readOnly)
                if let path { try? Path.unlink(path) }
                state.with { $0.acceptors -= 1 }
                state.wakeAll()
            }
        } catch {
            state.with { $0.acceptors -= 1 }
            throw GantryError(.unavailable, "listen: no thread: \(error.reason)")
        }
    }

    private func accept(from socket: SharedDescriptor, readOnly: Bool) {
        while !state.with({ $0.closing }) {
            var set = PollSet()
            set.add(socket.raw, .readable)
            set.add(stopping.raw, .readable)
            guard (try? set.wait()) != nil else { return }
            guard set[0].contains(.readable) else { continue }
            do throws(Errno) {
                admit(try UnixSocket.accept(socket.raw), readOnly: readOnly)
            } catch {
                // Out of descriptors or memory: the client waits in the backlog until some come back.
                report(.refused(reason: "accept: \(error.reason)"))
                Clock.sleep(milliseconds: 50)
            }
        }
    }

    private func admit(_ descriptor: consuming OwnedDescriptor, readOnly: Bool) {
        let shared = SharedDescriptor(descriptor)
        guard let peer = try? UnixSocket.peer(shared.raw) else {
            return report(.refused(reason: "no peer credentials"))
        }
        let connection = Connection(shared, peer: peer, readOnly: readOnly, server: self)
        let key = ObjectIdentifier(connection)
        let refusal = state.with { state -> ErrorBody? in
            // It came while the acceptor was on its way out: for the client as if it had come a moment later.
            if state.closing {
                return ErrorBody(.unavailable, "connect: the daemon shuts down; try again", details: ["shutdown": true])
            }
            guard state.connections.count < options.maximumConnections else {
                return ErrorBody(
                    .resourceExhausted, "connect: \(options.maximumConnections) clients are connected")
            }
            state.connections[key] = connection
            return nil
        }
        if let refusal { return refuse(connection, refusal) }
        report(.connected(pid: peer.pid, uid: peer.uid, gid: peer.gid, readOnly: readOnly))
        do throws(Errno) {
            try Threads.start("rpc-client") { [self] in
                connection.serve()
                forget(key)
            }
        } catch {
            refuse(connection, ErrorBody(.resourceExhausted, "connect: no thread: \(error.reason)"))
            forget(key)
        }
    }

    private func refuse(_ connection: Connection, _ error: ErrorBody) {
        report(.refused(reason: error.message))
        connection.outbox.send(Envelope.failure(id: nil, error).frame())
        connection.outbox.closeWhenDrained()
    }

    private func forget(_ key: ObjectIdentifier) {
        state.with { $0.connections[key] = nil }
        state.wakeAll()
    }
}
