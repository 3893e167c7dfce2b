import GantryModel
import GantrySystem
import GantryWire

extension ErrorBody {
    /// What a handler threw, as the client sees it. Only a `GantryError` was meant for it; the rest is a defect of the
    /// handler, but says what it knows.
    init(thrown error: any Error, by method: String) {
        switch error {
        case let error as GantryError: self.init(error.code, error.message, cause: error.cause, details: error.details)
        case let body as ErrorBody: self = body
        case let error as Errno where error == .noSpace || error == .quota:
            self.init(.resourceExhausted, "\(method): \(error.reason)")
        case let error as Errno: self.init(.internal, "\(method): \(error.reason)")
        default: self.init(.internal, "\(method): unexpected error", cause: "\(error)")
        }
    }
}
