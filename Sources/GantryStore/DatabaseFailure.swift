import GRDB
import GantryModel
import GantryWire

extension GantryError {
    /// What a failure of SQLite means to a caller.
    init(_ operation: String, _ error: DatabaseError) {
        let code: ErrorCode =
            switch error.resultCode {
            case .SQLITE_FULL: .resourceExhausted
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .dataLoss
            case .SQLITE_BUSY, .SQLITE_LOCKED: .unavailable
            default: .internal
            }
        self.init(
            code, "\(operation): the database refused: \(error.message ?? error.resultCode.description)",
            cause: error.sql)
    }
}

/// Runs database work; failures of SQLite leave it as `GantryError`, everything else unchanged.
func translating<Result>(_ operation: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as DatabaseError {
        throw GantryError(operation, error)
    }
}
