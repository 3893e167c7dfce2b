import GantryWire

/// The parameters that every method takes.
struct CommonParams: Sendable {
    static let defaultNamespace = "default"
    static let fields = [
        Field("namespace", .string, "The namespace whose names are meant; \"default\" when absent."),
        Field("lease", .string, "The lease that keeps what the call creates."),
        Field("deadlineMs", .count, "Milliseconds from receipt until the call is answered deadline_exceeded."),
        Field("traceparent", .string, "W3C trace context, passed on to logs."),
    ]

    var namespace = CommonParams.defaultNamespace
    var lease: String?
    var deadlineMilliseconds: Int64?
    var traceparent: String?
}

extension Method {
    /// Holds parameters against the declaration: no unknown ones, none missing, each of its type. An explicit null is
    /// an absent one.
    func check(_ given: JSONObject) throws(ErrorBody) -> CommonParams {
        var common = CommonParams()
        var found = 0
        for member in given.members {
            if let field = params.first(where: { $0.name == member.key }) {
                if member.value.isNull, field.type != .any { continue }
                if let bad = field.type.mismatch(member.value, at: field.name) {
                    throw refusal(bad.path, "needs \(bad.needed)")
                }
                if field.required { found += 1 }
                continue
            }
            if member.value.isNull, CommonParams.fields.contains(where: { $0.name == member.key }) { continue }
            switch member.key {
            case "namespace":
                guard let name = member.value.string, !name.isEmpty else { throw refusal("namespace", "needs a name") }
                common.namespace = name
            case "lease":
                guard let lease = member.value.string else { throw refusal("lease", "needs a string") }
                common.lease = lease
            case "deadlineMs":
                // Ten years bound what is added to a clock.
                guard let milliseconds = member.value.int, (1...315_360_000_000).contains(milliseconds) else {
                    throw refusal("deadlineMs", "needs an integer from 1 on")
                }
                common.deadlineMilliseconds = milliseconds
            case "traceparent":
                guard let trace = member.value.string else { throw refusal("traceparent", "needs a string") }
                common.traceparent = trace
            default: throw refusal(member.key, "no such parameter")
            }
        }
        if found < requiredCount, let missing = params.first(where: { $0.required && (given[$0.name] ?? nil).isNull }) {
            throw refusal(missing.name, "is required")
        }
        return common
    }

    private var requiredCount: Int {
        var count = 0
        for field in params where field.required { count += 1 }
        return count
    }

    private func refusal(_ field: String, _ reason: String) -> ErrorBody {
        ErrorBody(.invalidArgument, "\(name) '\(field)': \(reason)", field: field)
    }
}
