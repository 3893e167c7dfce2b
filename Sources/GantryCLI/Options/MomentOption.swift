import GantryModel
import GantrySystem
import GantryWire

/// The values of `--since` and `--until`.
enum MomentOption {
    /// The moment as RFC 3339, so that "ten minutes ago" is counted from when the command was typed.
    static func request(_ text: String, of command: String, option: String) throws(Failure) -> JSON {
        do throws(GantryError) {
            return .string(
                "\(try Timestamp(argument: text, now: Timestamp(nanoseconds: Clock.realtime)))")
        } catch {
            throw Failure("\(command): \(option): \(error.message)")
        }
    }
}
