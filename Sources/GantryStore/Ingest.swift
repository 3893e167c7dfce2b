import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// A blob that is still coming in, as it lies on the disk: `content/ingest/<id>/{data,status}`.
///
/// The directory is named by the hash of the ref, so that it is found without an index. `status` says what was
/// promised; how many bytes are there is the length of `data`.
struct Ingest: Sendable {
    let ref: String
    let directory: String

    init(_ ref: String, _ layout: StoreLayout) {
        self.ref = ref
        directory = "\(layout.ingests)/\(Digest.of(Array(ref.utf8)).hex.prefix(32))"
    }

    var data: String { "\(directory)/data" }

    /// Makes directory and status of a new ingest.
    func create(_ expected: BlobExpectation, started: Timestamp) throws(Errno) {
        var object: JSONObject = ["version": 1, "ref": .string(ref), "started": .string(started.description)]
        object.put("digest", expected.digest?.description)
        object.put("size", expected.size.map { JSON.int($0) })
        do throws(Errno) { try Path.makeDirectory(directory, mode: 0o700) } catch .exists {}
        try File.replace("\(directory)/status", with: JSON.object(object).encoded(), mode: 0o600, sync: false)
    }

    /// What the directory says; nil when there is none, or not enough of one to go on with.
    static func read(_ directory: String) -> IngestStatus? {
        guard let bytes = try? File.contents("\(directory)/status"),
            let fields = try? JSONFields(JSON.parse(bytes), of: "ingest"), fields.object["version"]?.int == 1,
            let ref = try? fields.string("ref"), let started = try? Timestamp(fields.string("started"))
        else { return nil }
        var status = IngestStatus(
            ref: ref, offset: 0, total: fields.object["size"]?.int, expected: try? fields.digest("digest"),
            started: started, updated: started)
        if let file = try? FileStatus.of("\(directory)/data") {
            status.offset = file.size
            status.updated = max(
                started, Timestamp(seconds: file.modified.seconds).adding(nanoseconds: file.modified.nanoseconds))
        }
        return status
    }

    var status: IngestStatus? { Self.read(directory).flatMap { $0.ref == ref ? $0 : nil } }

    /// Removes it; what cannot be removed is swept at the next start.
    func remove() { try? Directory.removeTree(directory) }
}

extension Timestamp {
    fileprivate func adding(nanoseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: self.nanoseconds &+ nanoseconds)
    }
}
