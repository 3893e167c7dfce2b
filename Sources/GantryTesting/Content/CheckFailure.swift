import GantryModel
package import GantryWire

/// A behaviour that is not as the contract says.
package struct CheckFailure: Error, CustomStringConvertible {
    /// What was expected and what was found.
    package let description: String

    /// Says what is wrong.
    package init(_ description: String) { self.description = description }
}

/// Fails the check unless the condition holds.
package func require(_ condition: Bool, _ expectation: @autoclosure () -> String) throws(CheckFailure) {
    if !condition { throw CheckFailure(expectation()) }
}

/// Fails the check unless the two are equal.
package func requireEqual<Value: Equatable>(
    _ found: Value, _ expected: Value, _ what: @autoclosure () -> String
) throws(CheckFailure) {
    if found != expected { throw CheckFailure("\(what()): expected \(expected), found \(found)") }
}

/// Fails the check unless the body throws a `GantryError` with this code, whose message has all the parts.
package func requireError(_ code: ErrorCode, mentions parts: [String] = [], _ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as GantryError {
        try requireEqual(error.code, code, "code of '\(error)'")
        for part in parts { try require(error.message.contains(part), "'\(error)' does not name '\(part)'") }
        return
    }
    throw CheckFailure("expected the error \(code), but the call succeeded")
}
