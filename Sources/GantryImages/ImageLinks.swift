import GantryCore
import GantryModel
import GantryWire

/// References from indexes and manifests to what they name: as long as the name of an image stands, all of it stays.
struct ImageLinks {
    let content: any ContentStore
    let references: any LeaseStore

    /// Records them for a target and what lies below, as far as that is here.
    func add(_ target: Descriptor) throws {
        let document = try JSON.document(try content.bytes(target.digest), of: "manifest '\(target.digest)'")
        if document["manifests"] != nil {
            for child in try Index(json: document).manifests where (try? content.info(child.digest)) != nil {
                try references.addReferences(from: .blob(target.digest), to: [.blob(child.digest)])
                try add(child)
            }
            return
        }
        guard let manifest = try? Manifest(json: document) else { return }
        let parts = [manifest.config] + manifest.layers
        try references.addReferences(
            from: .blob(target.digest),
            to: Set(parts.map(\.digest)).filter { (try? content.info($0)) != nil }.map { .blob($0) })
    }
}
