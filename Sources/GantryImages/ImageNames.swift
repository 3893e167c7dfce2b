package import GantryCore
package import GantryModel
import GantryWire

/// Names of images as docker's users know them: tags that move, and what is left without a name.
package struct ImageNames: Sendable {
    private let images: any ImageStore

    package init(images: any ImageStore) { self.images = images }

    /// What an image without a name is stored under.
    package static func dangling(_ target: Digest) -> String { ImageRecord.dangling(target) }
    package static func isDangling(_ name: String) -> Bool { ImageRecord.isDangling(name) }

    /// Names an image. The image that had the name before stays, without one, as with docker; an image that gets a name
    /// loses its entry among the nameless.
    package func put(
        namespace: String, name: Reference?, target: Descriptor, imageID: Digest, event: String = "image.tag"
    ) throws {
        let key = name?.description ?? Self.dangling(target.digest)
        let all = images.images(namespace: namespace)
        if name == nil, all.contains(where: { $0.target.digest == target.digest }) { return }
        let before = all.first { $0.name == key }
        if let before, before.target.digest != target.digest,
            !all.contains(where: { $0.name != key && $0.target.digest == before.target.digest })
        {
            _ = try images.putImage(
                namespace: namespace, name: Self.dangling(before.target.digest), target: before.target, labels: [:],
                events: [])
        }
        _ = try images.putImage(
            namespace: namespace, name: key, target: target, labels: [:],
            events: [
                EventDraft(
                    event, ["name": .string(name?.familiar ?? "<none>"), "id": .string(imageID.description)])
            ])
        if name != nil, all.contains(where: { $0.name == Self.dangling(target.digest) }) {
            _ = try images.deleteImage(namespace: namespace, name: Self.dangling(target.digest), events: [])
        }
    }

    /// What a user means by a name, an id or the beginning of one.
    /// - Throws: `.notFound` "no such image"; `.invalidArgument` when a prefix fits several.
    package func find(namespace: String, _ text: String, id: (ImageRecord) -> Digest?) throws -> Match {
        let all = images.images(namespace: namespace)
        if let reference = try? Reference(text) {
            if let record = all.first(where: { $0.name == reference.description }) {
                return Match(records: [record], byName: true)
            }
            if let digest = reference.digest {
                let matching = all.filter { $0.target.digest == digest }
                if !matching.isEmpty { return Match(records: matching, byName: false) }
            }
        }
        let hex = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
        if !hex.isEmpty, hex.utf8.allSatisfy({ Self.isHex($0) }) {
            let matching = all.filter { id($0)?.hex.hasPrefix(hex) == true || $0.target.digest.hex.hasPrefix(hex) }
            let ids = Set(matching.compactMap { id($0) })
            if ids.count > 1 {
                throw GantryError(.invalidArgument, "find image '\(text)': \(ids.count) images have ids that begin so")
            }
            if !matching.isEmpty { return Match(records: matching, byName: false) }
        }
        throw Self.missing(text)
    }

    /// That there is no such image; `details.missing` is "image", so that a client can pull it.
    package static func missing(_ text: String, reason: String = "no such image") -> GantryError {
        GantryError(.notFound, "find image '\(text)': \(reason)", details: ["missing": "image"])
    }

    /// The entries that a user's word means: one by name, all of an image by its id.
    package struct Match: Sendable {
        package var records: [ImageRecord]
        package var byName: Bool
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
