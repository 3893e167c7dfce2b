package import GantryModel
import GantryWire

/// A place in a container's log, as a reader keeps it over a restart of the daemon.
///
/// Clients pass it back unread. It names the container and not only a number of bytes, so that a log which has the same
/// name by now, but is another container's, is never gone on with.
package struct LogPosition: Sendable, Equatable {
    /// Whose log it is.
    package var container: ContainerID
    /// Bytes of the log file before it; an entry begins there.
    package var offset: Int64

    package init(container: ContainerID, offset: Int64) {
        self.container = container
        self.offset = offset
    }

    /// Takes what `text` gave.
    /// - Throws: `.invalidArgument` for anything else.
    package init(_ text: String) throws(GantryError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let container = try? ContainerID(String(parts[0])), let offset = Int64(parts[1]),
            offset >= 0, parts[1] == String(offset)
        else { throw GantryError(.invalidArgument, "read log position '\(text)': it is none of a log") }
        self.init(container: container, offset: offset)
    }

    /// ASCII, at most 84 characters.
    package var text: String { "\(container).\(offset)" }
}
