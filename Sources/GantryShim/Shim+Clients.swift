import GantrySystem
import GantryWire

/// What clients ask of a shim: JSON-RPC frames until `task.attach`, stdio frames from then on.
extension Shim {
    func serve(_ client: ShimClient, _ events: PollSet.Events) {
        if events.contains(.writable), !client.flush() {
            client.closing = true
            return
        }
        guard !events.isDisjoint(with: [.readable, .hungUp, .failed]) else { return }
        if !client.fill() {
            // A disconnect is not the end of the container's input: another client may follow.
            client.closing = true
            client.discardQueue()
            if starter?.client === client { starter = nil }
            return
        }
        if client.attachment == nil { serveCalls(client) }
        if client.attachment != nil { serveStdio(client) }
    }

    private func serveStdio(_ client: ShimClient) {
        guard case .stdio(var attachment) = client.mode else { return }
        do throws(StdioFrameError) {
            while let frame = try attachment.reader.next() {
                switch frame.kind {
                case .stdin where attachment.stdin: io?.feed(frame.bytes)
                case .stdinEOF where attachment.stdin:
                    if io == nil { inputEndedEarly = true }
                    io?.endInput()
                default: break
                }
            }
            client.mode = .stdio(attachment)
        } catch {
            client.closing = true
        }
    }

    private func serveCalls(_ client: ShimClient) {
        while case .calls(var reader) = client.mode {
            let message: JSONObject?
            do throws(FrameError) {
                message = try reader.nextObject()
            } catch {
                answer(client, nil, ErrorBody(.invalidArgument, "\(error)", number: ErrorBody.parseError))
                client.closing = true
                return
            }
            client.mode = .calls(reader)
            guard let message else { return }
            do throws(EnvelopeError) {
                if case .request(let id, let method, let params) = try Envelope(message) {
                    call(client, id, method, params)
                }
            } catch {
                answer(client, error.id, ErrorBody(.invalidArgument, error.reason, number: ErrorBody.invalidRequest))
            }
        }
    }

    private func call(_ client: ShimClient, _ id: RequestID, _ method: String, _ params: JSONObject) {
        switch method {
        case "rpc.hello": answer(client, id, ["protocol": 1])
        case "task.start": start(client, id)
        case "task.attach": attach(client, id, params)
        case "task.kill": kill(client, id, params)
        case "task.state": answer(client, id, stateObject)
        case "task.shutdown": shutDown(client, id, params)
        case "task.acknowledge":
            if exit != nil { report.acknowledge() }
            answer(client, id, [:])
        default: answer(client, id, ErrorBody(.unimplemented, "call '\(method)': no such method"))
        }
    }

    func answer(_ client: ShimClient, _ id: RequestID, _ result: JSON) {
        client.queue(Envelope.result(id: id, result).frame())
        if !client.flush() { client.closing = true }
    }

    func answer(_ client: ShimClient, _ id: RequestID?, _ error: ErrorBody) {
        client.queue(Envelope.failure(id: id, error).frame())
        if !client.flush() { client.closing = true }
    }

    private var stateObject: JSON {
        var object: JSONObject = ["id": .string(task.id), "shimPid": .int(Int64(Processes.current))]
        switch lifecycle.state {
        case .idle: object["state"] = "created"
        case .starting: object["state"] = "starting"
        case .running(let pid):
            object["state"] = "running"
            object["pid"] = .int(Int64(pid))
        case .draining, .ended: object["state"] = "stopped"
        }
        if let exit { object["exit"] = exit.json }
        return .object(object)
    }

    private func attach(_ client: ShimClient, _ id: RequestID, _ params: JSONObject) {
        guard case .calls(var reader) = client.mode else { return }
        var attachment = ShimClient.Attachment(
            stdin: params["stdin"]?.bool ?? false, stdout: params["stdout"]?.bool ?? true,
            stderr: params["stderr"]?.bool ?? true, exclusive: params["exclusive"]?.bool ?? false)
        attachment.reader.append(reader.takeRest())
        answer(client, id, [:])
        client.mode = .stdio(attachment)
        if let exit { sayExit(exit, to: client) }
    }

    func sayExit(_ record: ExitRecord, to client: ShimClient) {
        client.queue(StdioFrame(.exit, record.json.encoded()))
        client.closing = true
        _ = client.flush()
    }

    private func kill(_ client: ShimClient, _ id: RequestID, _ params: JSONObject) {
        guard let signal = params["signal"]?.int, (1...64).contains(signal) else {
            return answer(client, id, ErrorBody(.invalidArgument, "kill: signal is not 1 to 64", field: "signal"))
        }
        guard case .running(let pid) = lifecycle.state else {
            return answer(client, id, ErrorBody(.failedPrecondition, "kill '\(task.id)': the container is not running"))
        }
        // The pid is ours to reap, so it cannot have come to mean another process.
        do throws(Errno) {
            try Processes.signal(pid: pid, Int32(signal))
            answer(client, id, [:])
        } catch {
            answer(client, id, ErrorBody(.internal, "kill '\(task.id)': \(error)"))
        }
    }

    private func shutDown(_ client: ShimClient, _ id: RequestID, _ params: JSONObject) {
        guard lifecycle.state == .idle else {
            return answer(
                client, id, ErrorBody(.failedPrecondition, "shut down '\(task.id)': the container was started"))
        }
        let record = ExitRecord(
            exitCode: Int32(truncatingIfNeeded: params["exitCode"]?.int ?? 128), finishedAt: Clock.realtime,
            error: params["error"]?.string)
        for attached in clients where attached.attachment != nil { sayExit(record, to: attached) }
        answer(client, id, [:])
        leaving = true
    }
}
