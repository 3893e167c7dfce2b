public import GantryModel

/// What the store knows of one blob.
public struct BlobInfo: Sendable, Equatable {
    /// Name of the bytes.
    public var digest: Digest
    /// Length in bytes.
    public var size: Int64
    /// Free labels; the only part that can change.
    public var labels: Labels
    /// When it was committed.
    public var created: Timestamp
    /// When the labels last changed.
    public var updated: Timestamp

    /// Makes a description.
    public init(digest: Digest, size: Int64, labels: Labels = [:], created: Timestamp, updated: Timestamp? = nil) {
        self.digest = digest
        self.size = size
        self.labels = labels
        self.created = created
        self.updated = updated ?? created
    }
}

/// How far an ingest has come.
public struct IngestStatus: Sendable, Equatable {
    /// What the writer called it.
    public var ref: String
    /// Bytes that are there.
    public var offset: Int64
    /// Bytes there will be, when the writer said so.
    public var total: Int64?
    /// What the bytes shall be, when the writer said so.
    public var expected: Digest?
    /// When it was begun.
    public var started: Timestamp
    /// When bytes last came.
    public var updated: Timestamp

    /// Makes a status.
    public init(
        ref: String, offset: Int64, total: Int64?, expected: Digest?, started: Timestamp, updated: Timestamp
    ) {
        self.ref = ref
        self.offset = offset
        self.total = total
        self.expected = expected
        self.started = started
        self.updated = updated
    }
}

/// What a writer promises about its bytes; what is nil is not checked.
public struct BlobExpectation: Sendable, Equatable {
    /// The digest; it also chooses the hash function (sha256 when nil).
    public var digest: Digest?
    /// The length in bytes.
    public var size: Int64?

    /// Makes an expectation.
    public init(digest: Digest? = nil, size: Int64? = nil) {
        self.digest = digest
        self.size = size
    }

    /// What a descriptor says.
    public init(_ descriptor: Descriptor) {
        self.init(digest: descriptor.digest, size: descriptor.size)
    }
}

/// Which labels something must have; what is given must all match.
public struct LabelFilter: Sendable, Equatable {
    /// Labels that must be there with this value, or with any when the value is nil.
    public var required: [String: String?]

    /// Makes a filter; an empty one matches all.
    public init(_ required: [String: String?] = [:]) { self.required = required }

    /// Matches everything.
    public static var all: LabelFilter { LabelFilter() }

    /// Whether the labels match.
    public func matches(_ labels: Labels) -> Bool {
        required.allSatisfy { key, value in
            guard let present = labels[key] else { return false }
            return value == nil || value == present
        }
    }
}

/// A change of some labels: a value sets, nil removes, what is not named stays.
public typealias LabelChanges = [String: String?]

extension Labels {
    /// The labels after a change.
    public func applying(_ changes: LabelChanges) -> Labels {
        var labels = self
        for (key, value) in changes { labels[key] = value }
        return labels
    }
}
