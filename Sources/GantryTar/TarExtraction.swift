import GantrySystem

/// An archive on its way into a directory: bytes in, files out.
package struct TarExtraction {
    private var tree: TreeWriter
    private var reader = TarReader()

    package init(into tree: TreeWriter) { self.tree = tree }

    package var usage: WrittenUsage { tree.usage }

    /// The entry that an error is about, for messages.
    package var entryName: String { reader.entry.displayName }

    /// Takes the next bytes of the archive.
    /// - Throws: `TarError`, `EntryRefusal`, or the `Errno` of a call.
    package mutating func feed(_ chunk: UnsafeRawBufferPointer) throws {
        var cursor = 0
        while true {
            switch try reader.next(chunk, at: &cursor) {
            case .needsInput, .end: return
            case .entry: try tree.begin(reader.entry)
            case .data(let offset, let bytes):
                try tree.write(UnsafeRawBufferPointer(rebasing: chunk[bytes]), at: offset)
            case .endEntry: try tree.end()
            }
        }
    }

    /// Says that no more comes; sets what waited for the end.
    package mutating func finish() throws {
        try reader.finish()
        try tree.finish()
    }

    /// Closes what a failure left open.
    package mutating func abandon() { tree.abandon() }
}
