import GantryModel

/// Commands that take several names: each is done, each error is told, and the exit status says whether there was one.
enum EachName {
    /// Calls `body` for every name.
    static func run(_ names: [String], _ body: (String) throws -> Void) throws {
        var failed = false
        for name in names {
            do {
                try body(name)
            } catch let error as GantryError {
                Console.error("Error: \(error.description)")
                failed = true
            }
        }
        if failed { throw Failure.silent(1) }
    }
}
