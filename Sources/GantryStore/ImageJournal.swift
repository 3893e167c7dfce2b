import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// The image names of one namespace as a synced file of lines, from which they can be rebuilt without the database.
///
///     {"put":"docker.io/library/busybox:latest","target":{…},"labels":{…}}
///     {"delete":"docker.io/library/busybox:latest"}
struct ImageJournal {
    enum Entry {
        case put(ImageRecord)
        case delete(String)

        var json: JSON {
            switch self {
            case .put(let record):
                ["put": .string(record.name), "target": record.target.json, "labels": .map(record.labels)]
            case .delete(let name): ["delete": .string(name)]
            }
        }
    }

    let path: String

    init(_ layout: StoreLayout, namespace: String) { path = layout.imageJournal(namespace) }

    /// Appends a line and syncs it. A failure is not the caller's: the row is committed and is the truth; the next
    /// opening writes the journal anew.
    func append(_ entry: Entry) {
        do throws(Errno) {
            let isNew = !Path.exists(path)
            let file = try File.open(path, [.write, .append, .create], mode: 0o600)
            try File.write(file.raw, entry.json.encoded() + [UInt8(ascii: "\n")])
            try File.fdatasync(file.raw)
            if isNew { try File.syncDirectory(of: path) }
        } catch {
            try? Path.unlink(path)
        }
    }

    /// What the lines say: name to target and labels. A last line that is cut off is passed over.
    func replay() throws(GantryError) -> [String: (target: Descriptor, labels: Labels)] {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try File.contents(path)
        } catch .noEntry {
            return [:]
        } catch {
            throw GantryError("read '\(path)'", error)
        }
        var images: [String: (target: Descriptor, labels: Labels)] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let json = try? JSON.parse(Array(line)) else { continue }
            if let name = json["delete"]?.string { images[name] = nil }
            guard let name = json["put"]?.string, let target = json["target"] else { continue }
            let fields = try JSONFields(json, of: "line of '\(path)'")
            images[name] = (try Descriptor(json: target), try fields.stringMap("labels"))
        }
        return images
    }

    /// Rewrites the file when it does not say exactly this, or has grown far beyond it.
    func reconcile(_ images: [ImageRecord]) throws {
        let told = try? replay()
        let isEqual =
            told.map { told in
                told.count == images.count
                    && images.allSatisfy { told[$0.name]?.target == $0.target && told[$0.name]?.labels == $0.labels }
            } ?? false
        let size = (try? FileStatus.of(path))?.size ?? 0
        if isEqual && size < 64 << 10 { return }
        var bytes: [UInt8] = []
        for image in images { bytes += Entry.put(image).json.encoded() + [UInt8(ascii: "\n")] }
        try describing("write '\(path)'") { () throws(Errno) in
            try File.replace(path, with: bytes, mode: 0o600, sync: true)
        }
    }
}
