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
            for process in processes where process.starter?.client === client { process.starter = nil }
            if let attachment = client.attachment, attachment.hangUp { attachment.process.hangUp() }
            return
        }
        if client.attachment == nil { serveCalls(client) }
        if client.attachment != nil { serveStdio(client) }
    }

    private func serveStdio(_ client: ShimClient) {
        guard case .stdio(var attachment) = client.mode else { return }
        let process = attachment.process
        do throws(StdioFrameError) {
            while let frame = try attachment.reader.next() {
                switch frame.kind {
                case .stdin where attachment.stdin: process.io.feed(frame.bytes)
                case .stdinEOF where attachment.stdin: process.io.endInput()
                case .resize:
                    if let size = frame.size { process.resize(rows: size.rows, columns: size.columns) }
                case .detach: attachment.hangUp = false
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
        case "task.start": start(client, id, params)
        case "task.attach": attach(client, id, params, to: container)
        case "task.kill": kill(client, id, params)
        case "task.resize": resize(client, id, params)
        case "task.state": answer(client, id, stateObject)
        case "task.shutdown": shutDown(client, id, params)
        case "task.acknowledge":
            if exit != nil { report.acknowledge() }
            answer(client, id, [:])
        case "exec.prepare": prepareExec(client, id, params)
        case "exec.start": startExec(client, id, params)
        case "exec.list": answer(client, id, ["execs": .array(execs.map(\.summary))])
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
        var object: JSONObject = [
            "id": .string(task.id), "shimPid": .int(Int64(Processes.current)),
            "state": .string(container.lifecycle.word(idle: "created")),
        ]
        if let pid = container.pid { object["pid"] = .int(Int64(pid)) }
        if let dropped = log?.dropped { object["logDropped"] = .int(dropped) }
        if let calls = trace?.calls { object["refused"] = .array(calls.map(\.json)) }
        if let exit { object["exit"] = exit.json }
        return .object(object)
    }

    /// From now on the connection carries stdio frames of `process`.
    func attach(_ client: ShimClient, _ id: RequestID, _ params: JSONObject, to process: KeptProcess) {
        guard case .calls(var reader) = client.mode else { return }
        var attachment = ShimClient.Attachment(
            process: process, stdin: params["stdin"]?.bool ?? false, stdout: params["stdout"]?.bool ?? true,
            stderr: params["stderr"]?.bool ?? true, exclusive: params["exclusive"]?.bool ?? false)
        // The container's first process outlives whoever looks at it.
        if process.exec != nil { attachment.hangUp = params["hangUp"]?.bool ?? false }
        attachment.reader.append(reader.takeRest())
        answer(client, id, [:])
        client.mode = .stdio(attachment)
        if let exit = process.exit { sayExit(exit, to: client) }
    }

    /// The exit frame, the last. `started` is false when nothing ever ran.
    func sayExit(_ record: ExitRecord, started: Bool = true, to client: ShimClient) {
        var json = record.json.object ?? [:]
        if !started { json["started"] = false }
        client.queue(StdioFrame(.exit, JSON.object(json).encoded()))
        client.closing = true
        _ = client.flush()
    }

    /// The process that a call is about: the one that `exec` names, or else the container's first. Nil is answered.
    private func process(_ client: ShimClient, _ id: RequestID, _ verb: String, _ params: JSONObject) -> KeptProcess? {
        guard let wanted = params["exec"]?.string else { return container }
        if let exec = execs.first(where: { $0.exec?.id == wanted }) { return exec }
        answer(client, id, ErrorBody(.notFound, "\(verb) exec '\(wanted.prefix(12))': no such exec", field: "exec"))
        return nil
    }

    private func kill(_ client: ShimClient, _ id: RequestID, _ params: JSONObject) {
        guard let signal = params["signal"]?.int, (1...64).contains(signal) else {
            return answer(client, id, ErrorBody(.invalidArgument, "kill: signal is not 1 to 64", field: "signal"))
        }
        guard let process = process(client, id, "kill", params) else { return }
        guard let pid = process.pid else {
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

    private func resize(_ client: ShimClient, _ id: RequestID, _ params: JSONObject) {
        guard let rows = params["rows"]?.int.flatMap({ UInt16(exactly: $0) }),
            let columns = params["columns"]?.int.flatMap({ UInt16(exactly: $0) })
        else {
            return answer(client, id, ErrorBody(.invalidArgument, "resize: 'rows' and 'columns' are 0 to 65535"))
        }
        guard let process = process(client, id, "resize", params) else { return }
        guard process.io.isTerminal else {
            return answer(client, id, ErrorBody(.failedPrecondition, "resize '\(task.id)': it has no terminal"))
        }
        process.resize(rows: rows, columns: columns)
        answer(client, id, [:])
    }

    private func shutDown(_ client: ShimClient, _ id: RequestID, _ params: JSONObject) {
        guard container.lifecycle.state == .idle else {
            return answer(
                client, id, ErrorBody(.failedPrecondition, "shut down '\(task.id)': the container was started"))
        }
        let record = ExitRecord(
            exitCode: Int32(truncatingIfNeeded: params["exitCode"]?.int ?? 128), finishedAt: Clock.realtime,
            error: params["error"]?.string)
        for attached in clients where attached.attachment != nil { sayExit(record, started: false, to: attached) }
        answer(client, id, [:])
        leaving = true
    }
}
