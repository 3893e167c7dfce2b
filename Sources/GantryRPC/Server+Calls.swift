import GantryHost
import GantrySystem
import GantryWire

extension Server {
    /// Runs a call that is not inline on the threads its mode asks for. Answers why it cannot.
    func start(_ call: Call) -> ErrorBody? {
        if state.with({ $0.closing }) {
            return ErrorBody(thrown: call.error(.shutdown), by: call.method.name)
        }
        if let refusal = call.connection.admit(call) { return refusal }
        state.with { $0.running += 1 }
        do throws(BlockingPool.Refusal) {
            let threads = call.method.mode == .pooled ? pool : waits
            let ticket = try threads.submit { [self] in run(call) }
            // While it is queued, a cancellation is an answer; a change that nobody began is no change.
            call.onCancel { [self] in
                guard ticket.cancel() else { return }
                call.connection.finish(call, .failure(failure(of: call)))
            }
            deadlines.add(call)
            return nil
        } catch {
            let body =
                error == .closed
                ? ErrorBody(thrown: call.error(.shutdown), by: call.method.name)
                : ErrorBody(.resourceExhausted, "\(call.method.name): too many calls are waiting")
            // Answered through the call, so that its place is given back.
            call.connection.finish(call, .failure(body))
            return nil
        }
    }

    /// The client asked to cancel.
    func cancel(_ call: Call) { call.cancel(.byClient) }

    /// A handler has ended, or never began.
    func ended(_ call: Call) {
        let idle = state.with { state in
            state.running -= 1
            return state.running == 0
        }
        if idle { state.wakeAll() }
    }

    private func run(_ call: Call) {
        let result: Result<[UInt8], ErrorBody>
        do {
            switch call.method.handler {
            case .value(let handler): result = .success(try handler(call).encoded())
            case .bytes(let write):
                var bytes: [UInt8] = []
                try write(call, &bytes)
                result = .success(bytes)
            }
        } catch { result = .failure(body(of: error, by: call.method)) }
        call.connection.finish(call, result)
    }

    private func failure(of call: Call) -> ErrorBody {
        ErrorBody(thrown: call.error(call.cancellation ?? .byClient), by: call.method.name)
    }
}
