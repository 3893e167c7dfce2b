/// Opens an archive that comes as a stream: a tar as image tools write them, plain or compressed.
public protocol ArchiveOpener: Sendable {
    /// Begins to read. The source must outlive the reader.
    func open(_ source: any ByteSource) -> any ArchiveReader
}

/// The entries of an archive, in their order, each with its content.
///
/// ```swift
/// while let entry = try archive.next() {
///     while case let count = try archive.read(into: buffer), count > 0 { … }   // or not: next() passes over the rest
/// }
/// ```
///
/// Used from one thread at a time. Both calls throw `.dataLoss` for an archive that is truncated or damaged, and what the
/// source throws.
public protocol ArchiveReader: AnyObject {
    /// The next entry, nil after the last.
    func next() throws -> ArchiveEntry?
    /// Content of the current entry; 0 at its end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// What an entry is.
public struct ArchiveEntry: Sendable, Equatable {
    /// What an entry may be.
    public enum Kind: Sendable, Equatable {
        case file, directory, hardLink, symbolicLink, other
    }

    /// What it is.
    public var kind: Kind
    /// As written, less leading `./` and closing slashes. Untrusted: never to be used as a path on disk.
    public var name: String
    /// What a link points at, as written.
    public var link: String
    /// Bytes of content.
    public var size: Int64

    /// Describes an entry.
    public init(kind: Kind, name: String, link: String = "", size: Int64 = 0) {
        self.kind = kind
        self.name = name
        self.link = link
        self.size = size
    }
}
