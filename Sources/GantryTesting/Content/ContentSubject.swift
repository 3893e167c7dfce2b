package import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// A content store under test, and what its checks need around it.
package struct ContentSubject: Sendable {
    /// The store.
    package var content: any ContentStore
    /// Where its references are.
    package var leases: any LeaseStore
    /// Removes what nothing refers to, and comes back when nothing is left to remove.
    package var collect: @Sendable () throws -> Void
    /// Closes the store, as the end of a process would.
    package var close: @Sendable () throws -> Void

    /// Makes a subject.
    package init(
        content: any ContentStore, leases: any LeaseStore, collect: @escaping @Sendable () throws -> Void,
        close: @escaping @Sendable () throws -> Void
    ) {
        self.content = content
        self.leases = leases
        self.collect = collect
        self.close = close
    }
}

/// One behaviour that every content store has.
package struct ContentCheck: Sendable, CustomStringConvertible {
    /// What the behaviour is called.
    package let name: String
    let body: @Sendable (ContentBench) throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (ContentBench) throws -> Void) {
        self.name = name
        self.body = body
    }

    /// The name.
    package var description: String { name }

    /// Runs the check in a directory of its own, which is gone afterwards.
    /// - Parameters:
    ///   - place: where that directory is made.
    ///   - open: opens the store over a root directory; it is called again for a restart.
    /// - Throws: `CheckFailure` when the behaviour is not there; whatever the store throws unasked.
    package func run(
        below place: String = "/tmp", _ open: @escaping @Sendable (_ root: String) throws -> ContentSubject
    ) throws {
        let root = "\(place)/gantry-content.\(Hex.encode(File.random(8)))"
        try describing("make '\(root)'") { () throws(Errno) in try Path.makeDirectory(root, mode: 0o700) }
        defer { try? Directory.removeTree(root) }
        let bench = try ContentBench(root: root, open: open)
        defer { try? bench.subject.close() }
        try body(bench)
    }
}
