import GantrySystem

/// What takes the entries of an archive, one after the other.
package protocol TarSink {
    /// Starts an entry; `write` is about it until `end`.
    mutating func begin(_ entry: TarEntry) throws
    /// Part of a file's content, at an offset in bytes.
    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws
    mutating func end() throws
    /// All are there.
    mutating func finish() throws
    /// Closes what a failure left open.
    mutating func abandon()
    /// The space taken so far.
    var usage: WrittenUsage { get }
}

extension TreeWriter: TarSink {}

/// An archive on its way into a directory or an image: bytes in, files out.
package struct TarExtraction {
    private var tree: any TarSink
    private var reader = TarReader()

    package init(into tree: any TarSink) { self.tree = tree }

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
