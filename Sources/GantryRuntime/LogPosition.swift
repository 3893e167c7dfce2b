package import GantryModel
import GantryWire

/// A place in a container's log, as a reader keeps it over a restart of the daemon.
///
/// Clients pass it back unread. It names the container and not only a number of bytes, so that a log which has the same
/// name by now, but is another container's, is never gone on with.
package struct LogPosition: Sendable, Equatable {
    /// Whose log it is.
    package var container: ContainerID
    /// Which of its files: the time of that one's first entry, in nanoseconds since 1970. Files are renamed and removed when
    /// they are rotated; this stays. 0 is the beginning of a log that has no entry.
    package var first: Int64
    /// Bytes of that file before it; an entry begins there.
    package var offset: Int64

    package init(container: ContainerID, first: Int64, offset: Int64) {
        self.container = container
        self.first = first
        self.offset = offset
    }

    /// Takes what `text` gave.
    /// - Throws: `.invalidArgument` for anything else.
    package init(_ text: String) throws(GantryError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let container = try? ContainerID(String(parts[0])), let first = Int64(parts[1]),
            let offset = Int64(parts[2]), first >= 0, offset >= 0, parts[1] == String(first), parts[2] == String(offset)
        else { throw GantryError(.invalidArgument, "read log position '\(text)': it is none of a log") }
        self.init(container: container, first: first, offset: offset)
    }

    /// ASCII, at most 104 characters.
    package var text: String { "\(container).\(first).\(offset)" }
}
