import GRDB
package import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// Where the log of events stands.
struct EventPosition {
    var newest: Int64 = 0
    var oldest: Int64 = 1
    var isClosed = false
}

extension Metadata: EventLog {
    package var newestSequence: Int64 { position.with { $0.newest } }
    package var oldestSequence: Int64 { position.with { $0.oldest } }

    package func append(namespace: String, _ events: [EventDraft]) throws {
        try write("append events") { try append(events, namespace: namespace, $0) }
    }

    package func replay(since: Int64, namespace: String?, limit: Int) throws -> [Event] {
        try read("replay events") { reader in
            let rows =
                if let namespace {
                    try reader.rows(
                        """
                        SELECT sequence, time, namespace, topic, payload FROM event
                        WHERE sequence > ? AND namespace = ? ORDER BY sequence LIMIT ?
                        """, [since, namespace, limit])
                } else {
                    try reader.rows(
                        """
                        SELECT sequence, time, namespace, topic, payload FROM event
                        WHERE sequence > ? ORDER BY sequence LIMIT ?
                        """, [since, limit])
                }
            return try rows.map { row in
                Event(
                    sequence: row[0], time: Timestamp(nanoseconds: row[1]), namespace: row[2], topic: row[3],
                    payload: try StoredJSON.read(row[4]))
            }
        }
    }

    package func wait(after sequence: Int64, milliseconds: Int64?) -> Bool {
        position.wait(milliseconds: milliseconds) { position -> Bool? in
            if position.newest > sequence { return true }
            return position.isClosed ? false : nil
        } ?? false
    }

    /// Appends events to a transaction that changes something else too.
    func append(_ events: [EventDraft], namespace: String, _ transaction: Transaction) throws {
        guard !events.isEmpty else { return }
        let (newest, oldest) = position.with { ($0.newest, $0.oldest) }
        let first = transaction.events?.lowerBound ?? newest + 1
        var sequence = transaction.events?.upperBound ?? newest
        for event in events {
            sequence += 1
            try transaction.run(
                "INSERT INTO event (sequence, time, namespace, topic, payload) VALUES (?, ?, ?, ?, ?)",
                [sequence, transaction.now.nanoseconds, namespace, event.topic, event.payload.text])
        }
        transaction.events = first...sequence
        // Some slack, so that not every append deletes a row.
        if sequence - oldest >= eventBound + eventBound / 8 + 16 {
            let last = sequence - eventBound
            try transaction.run("DELETE FROM event WHERE sequence <= ?", [last])
            transaction.forgottenEvents = last
        }
    }

    /// Moves the position after a commit; the caller wakes who waits.
    func publish(_ transaction: Transaction) {
        guard let events = transaction.events else { return }
        position.with { position in
            position.newest = events.upperBound
            if let last = transaction.forgottenEvents { position.oldest = last + 1 }
        }
    }

    func loadEvents(_ reader: Transaction) throws {
        guard let row = try reader.rows("SELECT min(sequence), max(sequence) FROM event").first,
            let oldest = row[0] as Int64?, let newest = row[1] as Int64?
        else { return }
        position.with { position in
            position.oldest = oldest
            position.newest = newest
        }
    }
}
