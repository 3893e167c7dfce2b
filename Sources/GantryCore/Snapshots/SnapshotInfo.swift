public import GantryModel
public import GantryWire

/// What a driver knows of one snapshot.
public struct SnapshotInfo: Sendable, Equatable {
    /// See the glossary of `Snapshotter`.
    public enum Kind: String, Sendable, CaseIterable {
        case active, view, committed
    }

    /// What may be done with it.
    public var kind: Kind
    /// The key of an active snapshot or a view; the name of a committed one.
    public var name: String
    /// The name of the committed snapshot below, if any.
    public var parent: String?
    /// For people and other programs; the driver only keeps them.
    public var labels: Labels
    /// When it was made.
    public var created: Timestamp
    /// When labels or kind last changed.
    public var updated: Timestamp
    /// The key that a committed snapshot had, where its driver keeps that.
    public var committedFrom: String?
    /// Whether the content of a committed snapshot is known to be on the disk; false for other kinds.
    public var synced: Bool

    /// Makes a description; `updated` is `created`.
    public init(
        kind: Kind, name: String, parent: String? = nil, labels: Labels = [:], created: Timestamp, synced: Bool = false
    ) {
        self.kind = kind
        self.name = name
        self.parent = parent
        self.labels = labels
        self.created = created
        self.updated = created
        self.synced = synced
    }
}

/// The space that a snapshot takes by itself.
public struct SnapshotUsage: Sendable, Equatable {
    /// Bytes on the disk, as far as the driver knows; a hard link counts once.
    public var bytes: Int64
    /// Files, directories and everything else that takes an inode.
    public var inodes: Int64

    /// Makes a usage; empty by default.
    public init(bytes: Int64 = 0, inodes: Int64 = 0) {
        self.bytes = bytes
        self.inodes = inodes
    }
}

/// Which snapshots a walk is about; everything that is given must match.
public struct SnapshotFilter: Sendable, Equatable {
    /// Only of this kind.
    public var kind: SnapshotInfo.Kind?
    /// Only children of this one.
    public var parent: String?
    /// Labels that must be there with these values.
    public var labels: Labels

    /// Makes a filter; without arguments it matches all.
    public init(kind: SnapshotInfo.Kind? = nil, parent: String? = nil, labels: Labels = [:]) {
        self.kind = kind
        self.parent = parent
        self.labels = labels
    }

    /// Every snapshot.
    public static var all: SnapshotFilter { SnapshotFilter() }

    /// Whether `info` is meant.
    public func matches(_ info: SnapshotInfo) -> Bool {
        if let kind, info.kind != kind { return false }
        if let parent, info.parent != parent { return false }
        return labels.allSatisfy { info.labels[$0.key] == $0.value }
    }
}

extension SnapshotUsage {
    /// `{"bytes": n, "inodes": n}`.
    public var json: JSON { .object(["bytes": .int(bytes), "inodes": .int(inodes)]) }

    /// Reads what `json` wrote.
    /// - Throws: `.invalidArgument` naming the field.
    public init(json: JSON) throws(GantryError) {
        guard let bytes = json["bytes"]?.int, let inodes = json["inodes"]?.int else {
            throw GantryError(.invalidArgument, "read snapshot usage: 'bytes' or 'inodes' is no integer")
        }
        self.init(bytes: bytes, inodes: inodes)
    }
}

extension SnapshotInfo {
    /// As snapshots travel and lie on the disk: `kind`, `name`, `parent?`, `labels`, `created`, `updated`, `from?`,
    /// `synced`.
    public var json: JSON {
        var object: JSONObject = ["kind": .string(kind.rawValue), "name": .string(name)]
        if let parent { object["parent"] = .string(parent) }
        object["labels"] = .object(
            JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }))
        object["created"] = .string(created.description)
        object["updated"] = .string(updated.description)
        if let committedFrom { object["from"] = .string(committedFrom) }
        object["synced"] = .bool(synced)
        return .object(object)
    }

    /// Reads what `json` wrote.
    /// - Throws: `.invalidArgument` naming the field.
    public init(json: JSON) throws(GantryError) {
        func missing(_ field: String) -> GantryError {
            GantryError(.invalidArgument, "read snapshot: field '\(field)' is missing or of the wrong type")
        }
        guard let kind = Kind(rawValue: json["kind"]?.string ?? "") else { throw missing("kind") }
        guard let name = json["name"]?.string else { throw missing("name") }
        guard let created = json["created"]?.string else { throw missing("created") }
        guard let updated = json["updated"]?.string else { throw missing("updated") }
        var labels: Labels = [:]
        for member in json["labels"]?.object?.members ?? [] {
            guard let value = member.value.string else { throw missing("labels.\(member.key)") }
            labels[member.key] = value
        }
        self.init(
            kind: kind, name: name, parent: json["parent"]?.string, labels: labels,
            created: try Timestamp(created), synced: json["synced"]?.bool ?? false)
        self.updated = try Timestamp(updated)
        committedFrom = json["from"]?.string
    }
}
