public import GantryModel
public import GantryWire

/// Something that happened, as it is appended: the log gives number and time.
public struct EventDraft: Sendable, Equatable {
    /// `containers.created`, `images.deleted`, …
    public var topic: String
    /// What happened to what.
    public var payload: JSON

    /// Makes a draft.
    public init(_ topic: String, _ payload: JSON) {
        self.topic = topic
        self.payload = payload
    }
}

/// Something that happened.
public struct Event: Sendable, Equatable {
    /// Grows by one with each event, across restarts, without gaps.
    public var sequence: Int64
    /// When it was recorded.
    public var time: Timestamp
    /// Where it happened.
    public var namespace: String
    /// What kind of thing happened.
    public var topic: String
    /// What happened to what.
    public var payload: JSON

    /// Makes an event.
    public init(sequence: Int64, time: Timestamp, namespace: String, topic: String, payload: JSON) {
        self.sequence = sequence
        self.time = time
        self.namespace = namespace
        self.topic = topic
        self.payload = payload
    }
}

/// The history of changes: a bounded table, in the same transactions as the changes themselves.
///
/// A follower asks for what came after the last number it saw, handles it, and waits for more:
///
/// ```swift
/// var last = try log.replay(since: since, namespace: nil, limit: 256)   // then, for ever:
/// log.wait(after: position, milliseconds: 10_000)
/// ```
///
/// The log forgets the oldest beyond its bound: when `oldestSequence > since + 1`, something was missed.
package protocol EventLog: AnyObject, Sendable {
    /// Number of the newest event; 0 when there never was one. Costs nothing.
    var newestSequence: Int64 { get }

    /// Number of the oldest event that can still be replayed; `newestSequence + 1` when there is none.
    var oldestSequence: Int64 { get }

    /// Appends in a transaction of its own. What changes something else too takes `EventDraft`s instead.
    func append(namespace: String, _ events: [EventDraft]) throws

    /// Events after `since`, oldest first, at most `limit`; of all namespaces when `namespace` is nil.
    func replay(since: Int64, namespace: String?, limit: Int) throws -> [Event]

    /// Blocks until there is an event newer than `sequence`, the time is over, or the log is closed.
    /// - Returns: whether there is a newer one.
    func wait(after sequence: Int64, milliseconds: Int64?) -> Bool
}

extension EventLog {
    /// Calls `body` with every event that is kept, oldest first. Cost: a read of the whole log, in batches.
    package func each(namespace: String?, _ body: (Event) throws -> Void) throws {
        var position = oldestSequence - 1
        while true {
            let batch = try replay(since: position, namespace: namespace, limit: 512)
            for event in batch { try body(event) }
            guard let last = batch.last else { return }
            position = last.sequence
        }
    }
}
