package import GantryWire

/// A method as it is served and as `rpc.discover` shows it: one declaration for both.
///
/// ```swift
/// Method(
///     "containers.get", "Describes one container.",
///     params: [Field("id", .string, required: true, "Id, unique prefix of one, or name.")],
///     result: "The container.", errors: [.notFound], access: .read, mode: .inline
/// ) { call in
///     try containers.get(call.string("id"), namespace: call.namespace).json
/// }
/// ```
package struct Method: Sendable {
    /// What a call may touch.
    package enum Access: String, Sendable {
        /// Changes nothing; also served on the read-only socket; cancelled when the client leaves.
        case read
        /// Changes nothing, but shows what the read-only socket does not: logs, blobs.
        case guarded
        /// Changes something: runs to its end even when the client leaves.
        case write
    }

    /// Where a call runs.
    package enum Mode: String, Sendable {
        /// On the connection's reader thread: only for what memory can answer within microseconds.
        case inline
        /// On the blocking pool.
        case pooled
        /// On a thread of its own, for calls that wait long (`tasks.wait`); cancelled when the client leaves.
        case wait
        /// As `wait`, and may send items.
        case stream
        /// As `wait`, and may open a bulk connection.
        case bulk
    }

    enum Handler: Sendable {
        case value(@Sendable (Call) throws -> JSON)
        case bytes(@Sendable (Call, inout [UInt8]) throws -> Void)
    }

    package let name: String
    package let summary: String
    package let params: [Field]
    /// What the result is.
    package let result: String
    /// What one item of a stream is.
    package let item: String?
    package let errors: [ErrorCode]
    package let access: Access
    package let mode: Mode
    let handler: Handler

    /// A method whose handler answers with a value. A `GantryError` it throws is the answer; other errors are `internal`.
    package init(
        _ name: String, _ summary: String, params: [Field] = [], result: String = "Nothing: null.", item: String? = nil,
        errors: [ErrorCode] = [], access: Access = .write, mode: Mode = .pooled,
        handler: @escaping @Sendable (Call) throws -> JSON
    ) {
        self.init(name, summary, params, result, item, errors, access, mode, .value(handler))
    }

    /// A method whose handler appends its result as JSON text: for hot paths that keep the text ready.
    package init(
        _ name: String, _ summary: String, params: [Field] = [], result: String, errors: [ErrorCode] = [],
        access: Access = .read, mode: Mode = .inline,
        bytes handler: @escaping @Sendable (Call, inout [UInt8]) throws -> Void
    ) {
        self.init(name, summary, params, result, nil, errors, access, mode, .bytes(handler))
    }

    private init(
        _ name: String, _ summary: String, _ params: [Field], _ result: String, _ item: String?,
        _ errors: [ErrorCode], _ access: Access, _ mode: Mode, _ handler: Handler
    ) {
        self.name = name
        self.summary = summary
        self.params = params
        self.result = result
        self.item = item
        self.errors = errors
        self.access = access
        self.mode = mode
        self.handler = handler
    }

    /// Whether a call stops when its client leaves; a change that runs does not.
    var endsWithClient: Bool {
        switch mode {
        case .wait, .stream, .bulk: true
        case .inline, .pooled: access != .write
        }
    }
}
