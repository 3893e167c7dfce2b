import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire

/// `images.*`: names of images, and the ways in and out.
struct ImageService: Sendable {
    let images: any ImageStore
    let containers: any ContainerStore
    let content: any ContentStore
    let leases: any LeaseStore
    let namespaces: any NamespaceStore
    let loader: ImageLoader
    let pulling: Pulling
    let resolver: ImageResolver
    let drivers: SnapshotDrivers
    let collect: @Sendable () -> Void
    /// Spent after a load: buffers of that size are not needed again soon.
    let trim: @Sendable () -> Void

    var names: ImageNames { ImageNames(images: images) }

    var methods: [Method] { [load, pull, list, get, inspect, tag, remove] }

    private var load: Method {
        Method(
            "images.load", "Loads the images of an archive: an OCI layout or a docker archive in a tar.",
            params: [CommonField.driver],
            result: "{images: [{name?, id, digest}]}", errors: [.invalidArgument, .dataLoss, .resourceExhausted],
            mode: .bulk
        ) { call in
            let driver = try drivers.driver(call.text("driver"))
            let connection = try call.openBulk()
            let loaded = try leases.withLease(namespace: call.namespace) { lease in
                try loader.load(BulkSource(connection), namespace: call.namespace, lease: lease, driver: driver)
            }
            trim()
            return [
                "images": .array(
                    loaded.map { image in
                        var object = JSONObject()
                        object.put("name", image.name?.familiar)
                        object.put("id", image.id.description)
                        object.put("digest", image.target.description)
                        return .object(object)
                    })
            ]
        }
    }

    /// What is known of a stored name; nil for an image whose documents cannot be read.
    private func item(_ record: ImageRecord) -> JSON? {
        guard let image = try? resolver.resolve(record.target) else { return nil }
        let reference = ImageNames.isDangling(record.name) ? nil : try? Reference(record.name)
        return [
            "id": .string(image.id.description), "digest": .string(record.target.digest.description),
            "repository": .string(reference?.familiarRepository ?? "<none>"),
            "tag": .string(reference?.tag ?? "<none>"), "name": .string(reference?.familiar ?? "<none>"),
            "createdAt": .string((image.config.created ?? record.created).description), "size": .int(size(of: image)),
        ]
    }

    private func size(of image: ResolvedImage) -> Int64 {
        if image.size > 0 { return image.size }
        // The configured one first; an image may have been moved to another.
        let standard = drivers.ready[drivers.standard]
        let all = [standard].compactMap { $0 } + drivers.ready.values
        guard let top = image.top, let snapshotter = all.first(where: { (try? $0.stat(top)) != nil }) else { return 0 }
        return image.chain.reduce(0) { $0 + ((try? snapshotter.usage($1.description).bytes) ?? 0) }
    }

    private var list: Method {
        Method(
            "images.list", "Lists images, newest first.",
            item: "{id, digest, repository, tag, name, createdAt, size}", access: .read, mode: .stream
        ) { call in
            let items = images.images(namespace: call.namespace).compactMap { record in item(record) }
            for item in items.sorted(by: { ($0["createdAt"]?.string ?? "") > ($1["createdAt"]?.string ?? "") }) {
                try call.send(item: item)
            }
            return [:]
        }
    }

    private func find(_ call: Call) throws -> ImageNames.Match {
        try names.find(namespace: call.namespace, try call.string("image")) { try? resolver.resolve($0.target).id }
    }

    private var get: Method {
        Method(
            "images.get", "Describes one image.", params: [CommonField.image], result: "As an item of images.list.",
            errors: [.notFound], access: .read
        ) { call in
            guard let item = item(try find(call).records[0]) else {
                throw GantryError(.dataLoss, "read image '\(try call.string("image"))': its documents are damaged")
            }
            return item
        }
    }

    private var inspect: Method {
        Method(
            "images.inspect", "Describes one image as docker inspect does.", params: [CommonField.image],
            result: "The document.", errors: [.notFound], access: .read
        ) { call in
            let image = try resolver.resolve(try find(call).records[0].target)
            let named = images.images(namespace: call.namespace).filter {
                (try? resolver.resolve($0.target).id) == image.id && !ImageNames.isDangling($0.name)
            }
            let references = named.compactMap { try? Reference($0.name) }
            var config = image.config.config.json.object ?? [:]
            if call.readOnly { config["Env"] = nil }
            return [
                "Id": .string(image.id.description),
                "RepoTags": .strings(references.filter { $0.tag != nil }.map(\.familiar)),
                "RepoDigests": .strings(references.map { "\($0.familiarRepository)@\(image.target)" }),
                "Created": .string(image.config.created?.description ?? ""),
                "Author": .string(image.config.author ?? ""),
                "Config": .object(config), "Architecture": .string(image.config.platform.architecture),
                "Os": .string(image.config.platform.os), "Size": .int(size(of: image)),
                "RootFS": ["Type": "layers", "Layers": .strings(image.config.diffIDs.map(\.description))],
            ]
        }
    }

    private var tag: Method {
        Method(
            "images.tag", "Gives an image another name.",
            params: [
                Field("source", .string, required: true, "Name or id."),
                Field("target", .string, required: true, "The new name; moves when another image has it."),
            ],
            result: "{}", errors: [.notFound, .invalidArgument]
        ) { call in
            let source = try names.find(namespace: call.namespace, try call.string("source")) {
                try? resolver.resolve($0.target).id
            }
            let target = try Reference(try call.string("target"))
            guard target.digest == nil else {
                throw GantryError(.invalidArgument, "tag image as '\(target.familiar)': a tag cannot be a digest")
            }
            try names.put(
                namespace: call.namespace, name: target, target: source.records[0].target,
                imageID: try resolver.resolve(source.records[0].target).id)
            return [:]
        }
    }

    private var remove: Method {
        Method(
            "images.remove",
            "Removes a name of an image, or by id all of them; what nothing needs any more goes with it.",
            params: [CommonField.image, Field("force", .boolean, "Also when containers use it; false when absent.")],
            result: "{untagged: [name], deleted: [id]}", errors: [.notFound, .failedPrecondition]
        ) { call in
            let match = try find(call)
            let all = images.images(namespace: call.namespace)
            let leaving = Set(match.records.map(\.name))
            let ids = Set(match.records.compactMap { try? resolver.resolve($0.target).id })
            let staying = all.filter {
                !leaving.contains($0.name) && ids.contains((try? resolver.resolve($0.target).id) ?? $0.target.digest)
            }
            if staying.isEmpty, !call.flag("force") { try checkUnused(ids, call) }
            var untagged = [JSON]()
            for record in match.records {
                let shown = ImageNames.isDangling(record.name) ? nil : (try? Reference(record.name))?.familiar
                _ = try images.deleteImage(
                    namespace: call.namespace, name: record.name,
                    events: [EventDraft("image.untag", ["name": .string(shown ?? record.name)])])
                if let shown { untagged.append(.string(shown)) }
            }
            if staying.isEmpty { for record in match.records { resolver.forget(record.target.digest) } }
            collect()
            return [
                "untagged": .array(untagged),
                "deleted": .array(staying.isEmpty ? ids.map { .string($0.description) } : []),
            ]
        }
    }

    private func checkUnused(_ ids: Set<Digest>, _ call: Call) throws {
        let texts = Set(ids.map { JSON.string($0.description) }.map(\.string))
        for record in containers.containers(namespace: call.namespace)
        where texts.contains(record.details["imageId"]?.string) {
            throw GantryError(
                .failedPrecondition,
                "remove image '\(try call.string("image"))': container '\(record.name)' (\(record.id.short)) uses it; remove that first, or use force"
            )
        }
    }
}

/// The bytes that a client sends on a bulk connection, as a source.
final class BulkSource: ByteSource {
    private let connection: BulkConnection

    init(_ connection: BulkConnection) { self.connection = connection }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try connection.read(into: buffer) }
}
