import GantryCore
import GantryModel
import GantryWire

/// What was found in an image archive: documents by name, and blobs that are in the content store already.
///
/// Both forms stream by in one pass. In an OCI layout blobs are named by their digest; in a docker-archive layers and
/// configurations have arbitrary names and may be links to one another, so the names are resolved at the end.
struct ArchiveContents {
    /// `index.json`, `oci-layout`, `manifest.json`, by name.
    var documents = [String: [UInt8]]()
    /// Files of a docker-archive by name.
    var files = [String: Blob]()
    /// Links of a docker-archive: name to name.
    var links = [String: String]()
    /// Blobs by digest.
    var blobs = [Digest: Int64]()

    struct Blob: Equatable {
        var digest: Digest
        var size: Int64
    }

    /// The file behind a name, through at most a few links.
    func file(_ name: String) -> Blob? {
        var current = Self.clean(name)
        for _ in 0..<8 {
            if let blob = files[current] { return blob }
            guard let target = links[current] else { return nil }
            current = target
        }
        return nil
    }

    /// Where the link `name` points, as a name in the archive; nil when it leaves the archive.
    static func resolve(link: String, from name: String, isHard: Bool) -> String? {
        if isHard || link.hasPrefix("/") { return clean(link) }
        var parts = name.split(separator: "/").dropLast().map(String.init)
        for part in link.split(separator: "/") {
            switch part {
            case ".": continue
            case "..":
                if parts.isEmpty { return nil }
                parts.removeLast()
            default: parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }

    static func clean(_ name: String) -> String {
        name.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// `blobs/<algorithm>/<hex>`: the digest.
    static func blobDigest(_ name: String) -> Digest? {
        let parts = name.split(separator: "/")
        guard parts.count == 3, parts[0] == "blobs", let algorithm = Digest.Algorithm(rawValue: String(parts[1])) else {
            return nil
        }
        return try? Digest(algorithm, hex: String(parts[2]))
    }
}
