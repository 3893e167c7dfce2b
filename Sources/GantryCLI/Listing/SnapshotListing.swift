import GantryWire

/// `gantry snapshot ls`.
struct SnapshotListing {
    /// Keys in full.
    var noTrunc = false
    var ago: Ago

    var listing: Listing {
        Listing(
            headings: [
                ("CreatedAt", "CREATED AT"), ("CreatedSince", "CREATED"), ("Inodes", "INODES"), ("Key", "KEY"),
                ("Kind", "KIND"), ("Labels", "LABELS"), ("Parent", "PARENT"), ("Size", "SIZE"),
                ("Snapshotter", "SNAPSHOTTER"), ("UsedBy", "USED BY"),
            ],
            columns: ["Key", "Parent", "Kind", "Size", "CreatedSince", "Snapshotter", "UsedBy"])
    }

    /// The row of a snapshot that `snapshots.list` told.
    func row(_ snapshot: JSON) -> JSON {
        let labels = snapshot["labels"]?.object?.members ?? []
        return [
            "CreatedAt": .string(Ago.date(snapshot["created"])), "CreatedSince": .string(ago.ago(snapshot["created"])),
            "Inodes": .string(snapshot["usage"]?["inodes"]?.int.map(String.init) ?? "0"),
            "Key": .string(key(snapshot["name"])), "Kind": snapshot["kind"] ?? "",
            "Labels": .string(labels.map { "\($0.key)=\($0.value.templateText)" }.joined(separator: ",")),
            "Parent": .string(snapshot["parent"] == nil ? "<none>" : key(snapshot["parent"])),
            "Size": .string(HumanSize(bytes: snapshot["usage"]?["bytes"]?.int ?? 0).description),
            "Snapshotter": snapshot["driver"] ?? "",
            "UsedBy": .string((snapshot["usedBy"]?.array ?? []).compactMap(\.string).joined(separator: ", ")),
        ]
    }

    /// As the listing shows a key: ids and chain ids shortened, what people have named as it is.
    func key(_ json: JSON?) -> String {
        let key = json?.string ?? ""
        return noTrunc ? key : Self.short(key)
    }

    static func short(_ key: String) -> String {
        let hex = key.hasPrefix("sha256:") ? String(key.dropFirst(7)) : key
        let isHex = hex.utf8.count == 64 && hex.allSatisfy { $0.isHexDigit && !$0.isUppercase }
        return isHex ? String(hex.prefix(12)) : key
    }
}
