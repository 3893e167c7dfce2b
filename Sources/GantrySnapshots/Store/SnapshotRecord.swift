import GantryCore
import GantryModel
import GantryWire

/// Everything that is kept of a snapshot: what `snapshot.json` beside its tree holds.
struct SnapshotRecord: Sendable {
    /// The version of the file's format; newer data refuses to open.
    static let version: Int64 = 2

    /// The number that names its directory. Never used again for another snapshot while the process runs.
    var id: UInt64
    var info: SnapshotInfo
    /// Known for committed snapshots.
    var usage: SnapshotUsage?
    /// For a committed snapshot that is not synced: the boot in which it was written. After another boot its content
    /// may be anything.
    var boot: String?
    /// Counts the records of this snapshot on the disk: of two, the higher one is true.
    var revision: Int64 = 0
    /// Counts the records of all snapshots: of two of one name, the higher one was written later.
    var stamp: Int64 = 0

    func encoded() -> [UInt8] {
        var object = info.json.object ?? JSONObject()
        object["version"] = .int(SnapshotRecord.version)
        if let usage { object["usage"] = usage.json }
        if let boot { object["boot"] = .string(boot) }
        object["revision"] = .int(revision)
        object["stamp"] = .int(stamp)
        return JSON.object(object).encoded()
    }

    /// The latest record of a sidecar's bytes.
    /// - Throws: `.dataLoss` when there is none, `.failedPrecondition` when a newer Gantry wrote it.
    init(id: UInt64, sidecar: [UInt8]) throws(GantryError) {
        var latest: SnapshotRecord?
        for bytes in Sidecar.records(sidecar) {
            let record = try SnapshotRecord(id: id, decoding: bytes)
            if record.revision >= latest?.revision ?? 0 { latest = record }
        }
        guard let latest else { throw GantryError(.dataLoss, "read snapshot '\(id)': its record is damaged") }
        self = latest
    }

    private init(id: UInt64, decoding bytes: [UInt8]) throws(GantryError) {
        let json: JSON
        do throws(JSONError) { json = try JSON.parse(bytes) } catch {
            throw GantryError(.dataLoss, "read snapshot '\(id)': \(error)")
        }
        let version = json["version"]?.int ?? 0
        guard version <= SnapshotRecord.version else {
            throw GantryError(
                .failedPrecondition, "read snapshot '\(id)': version \(version) was written by a newer Gantry")
        }
        self.init(id: id, info: try SnapshotInfo(json: json))
        if let usage = json["usage"] { self.usage = try SnapshotUsage(json: usage) }
        boot = json["boot"]?.string
        revision = json["revision"]?.int ?? 0
        stamp = json["stamp"]?.int ?? 0
    }

    init(id: UInt64, info: SnapshotInfo) {
        self.id = id
        self.info = info
    }

    /// Whether the content may have been lost in a power cut.
    func isDamaged(since boot: String) -> Bool {
        info.kind == .committed && !info.synced && self.boot != boot
    }
}
