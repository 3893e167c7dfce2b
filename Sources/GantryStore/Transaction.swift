import GRDB
import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// One write to the database, in the hands of what makes it. It never leaves the closure that it was given to.
final class Transaction {
    /// The writing connection.
    let db: Database
    /// When it began; every row that it writes has this time.
    let now = Timestamp(nanoseconds: Clock.realtime)
    /// Numbers of the events appended so far.
    var events: ClosedRange<Int64>?
    /// Events up to this one are forgotten with this transaction.
    var forgottenEvents: Int64?
    /// Whether the collector has something to do, or to wait for, after this transaction.
    var isCollectable = false
    /// What to change in memory once the rows are committed; run in order, before any other transaction begins.
    private(set) var changes: [() -> Void] = []

    init(_ db: Database) { self.db = db }

    /// Runs one statement; it is compiled once per connection.
    func run(_ sql: String, _ arguments: StatementArguments = []) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// Whether the query gives a row.
    func any(_ sql: String, _ arguments: StatementArguments) throws -> Bool {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) != nil
    }

    /// All rows of a query.
    func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }

    /// Notes a change of memory for after the commit.
    func afterCommit(_ change: @escaping () -> Void) { changes.append(change) }
}

/// Labels as they are stored.
enum StoredLabels {
    static func text(_ labels: Labels) -> String { labels.isEmpty ? "{}" : JSON.map(labels).text }

    /// - Throws: `.dataLoss` when the row does not hold what was written.
    static func read(_ text: String) throws(GantryError) -> Labels {
        guard text != "{}" else { return [:] }
        do {
            return try JSONFields(["labels": StoredJSON.read(text)], of: "labels").stringMap("labels")
        } catch {
            throw GantryError(.dataLoss, "read stored labels: \(error.message)")
        }
    }
}

/// JSON as it is stored.
enum StoredJSON {
    /// - Throws: `.dataLoss` when the row does not hold what was written.
    static func read(_ text: String) throws(GantryError) -> JSON {
        do {
            return try JSON.parse(Array(text.utf8))
        } catch {
            throw GantryError(.dataLoss, "read a stored value: \(error)")
        }
    }
}
