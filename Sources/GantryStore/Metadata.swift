import GRDB
import GantryCore
import GantryModel
import GantrySystem
import GantryWire
import Synchronization

/// The database, and beside it in memory what is read many times a call.
///
/// One object implements the contracts of names and references (`ContainerStore`, `ImageStore`, `LeaseStore`,
/// `SnapshotCatalog`, `EventLog`, `NamespaceStore`), because one transaction must be able to change several of them.
/// The rows are the truth: memory follows after each commit, in the order of the commits, on the thread that
/// committed. SQLite runs in WAL mode with `synchronous=FULL`: what was answered survives a power cut.
package final class Metadata: Sendable {
    /// Where everything lies.
    package let layout: StoreLayout
    /// Whether the database was made by this opening. If there are blobs or containers all the same, it was lost, and
    /// nothing may be swept before it is rebuilt.
    package let isFresh: Bool
    let database: DatabasePool
    let containerTable = Mutex(ContainerTable())
    let imageTable = Mutex(ImageTable())
    let namespaceTable = Mutex<[String: NamespaceRecord]>([:])
    let position = Monitor(EventPosition())
    /// Who hears that a transaction queued a candidate or made a lease that expires; called on the thread that wrote.
    let onCandidate = Mutex<(@Sendable () -> Void)?>(nil)
    /// Events that are kept.
    let eventBound: Int64
    private let lock: Mutex<OwnedDescriptor?>

    /// Opens the database below `layout.root` and makes what is missing; brings an older schema up to date.
    ///
    /// - Parameter eventBound: how many events can be replayed; older ones are forgotten, some later.
    /// - Throws: `.unavailable` when another process has it open; `.failedPrecondition` when a newer Gantry wrote it.
    package init(layout: StoreLayout, eventBound: Int64 = 10_000) throws {
        self.layout = layout
        self.eventBound = eventBound
        try describing("prepare the directories of '\(layout.root)'") { () throws(Errno) in try layout.prepare() }
        lock = Mutex(try Self.lock(layout))
        isFresh = !Path.exists(layout.database)
        database = try translating("open database '\(layout.database)'") { try Self.open(layout.database) }
        try translating("read database '\(layout.database)'") { try load() }
        try reconcileJournals()
        if !isFresh { try sweepContainers() }
    }

    private static func lock(_ layout: StoreLayout) throws -> OwnedDescriptor {
        let path = "\(layout.meta)/lock"
        do throws(Errno) {
            let file = try File.open(path, [.readWrite, .create], mode: 0o600)
            try File.lock(file.raw)
            return file
        } catch .again {
            throw GantryError(.unavailable, "open root '\(layout.root)': another daemon uses it")
        } catch {
            throw GantryError("lock '\(path)'", error)
        }
    }

    private static func open(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(10)
        WriteAheadLog.prepare(path)
        let pool = try DatabasePool(path: path, configuration: configuration)
        let migrator = Schema.migrator
        let unknown = try pool.read { try migrator.appliedIdentifiers($0) }.subtracting(migrator.migrations)
        guard unknown.isEmpty else {
            throw GantryError(
                .failedPrecondition,
                "open database '\(path)': a newer Gantry wrote it (\(unknown.sorted().joined(separator: ", ")))")
        }
        try migrator.migrate(pool)
        // The pool sets NORMAL when it turns WAL on, after anything a configuration can say.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try WriteAheadLog.extend(path, pool)
        return pool
    }

    /// Releases the files. Every later call fails.
    package func close() throws {
        position.with { $0.isClosed = true }
        position.wakeAll()
        try translating("close database") { try database.close() }
        lock.withLock { $0 = nil }
    }

    /// Runs a transaction. What it throws undoes everything; what it notes for memory happens after the commit and
    /// before the next transaction.
    func write<Result>(_ operation: String, _ body: (Transaction) throws -> Result) throws -> Result {
        let (result, hasEvents, isCollectable) = try translating(operation) {
            try database.writeWithoutTransaction { db in
                let transaction = Transaction(db)
                var outcome: Result?
                try db.inTransaction(.immediate) {
                    outcome = try body(transaction)
                    return .commit
                }
                for change in transaction.changes { change() }
                publish(transaction)
                guard let outcome else { throw GantryError(.internal, "\(operation): the transaction did not run") }
                return (outcome, transaction.events != nil, transaction.isCollectable)
            }
        }
        if hasEvents { position.wakeAll() }
        if isCollectable { onCandidate.withLock { $0 }?() }
        return result
    }

    /// Runs queries on a reading connection; they do not wait for writers.
    func read<Result>(_ operation: String, _ body: (Transaction) throws -> Result) throws -> Result {
        try translating(operation) { try database.unsafeRead { try body(Transaction($0)) } }
    }

    /// What `PRAGMA synchronous` says on the writing connection: 2 is FULL.
    package func synchronousLevel() throws -> Int64 {
        try write("read the synchronous level") { transaction in
            try transaction.rows("PRAGMA synchronous").first.map { $0[0] } ?? -1
        }
    }

    private func load() throws {
        try database.read { db in
            let reader = Transaction(db)
            try loadNamespaces(reader)
            try loadImages(reader)
            try loadContainers(reader)
            try loadEvents(reader)
        }
        if !isKnown("default") { _ = try putNamespace("default", labels: [:]) }
    }
}
