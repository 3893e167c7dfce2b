import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantryWire

/// `snapshotters.migrate`: images and containers from one snapshotter to another.
struct MigrationService: Sendable {
    let containers: ContainerService
    let images: any ImageStore
    let content: any ContentStore
    let catalog: any SnapshotCatalog
    let leases: any LeaseStore
    let resolver: ImageResolver
    let unpacker: Unpacker
    let drivers: SnapshotDrivers
    let collect: @Sendable () -> Void

    var methods: [Method] { [migrate] }

    private var migrate: Method {
        Method(
            "snapshotters.migrate",
            "Moves images and containers that do not run to another snapshotter. A client that leaves ends it after the "
                + "step that is under way; what is moved stays moved, and another call goes on from there.",
            params: [
                Field("from", .string, required: true, "The snapshotter that has them."),
                Field("to", .string, required: true, "The snapshotter that is to have them."),
                Field("images", .array(.string), "Names or ids."),
                Field("containers", .array(.string), "Names or ids; the layers of their images come along."),
                Field("all", .boolean, "All images and containers of the namespace that are there."),
                Field("dryRun", .boolean, "Only say what would be moved, and what would be left."),
            ],
            result: "{images, containers: how many were moved; bytes: copied from containers and from layers without a "
                + "blob; left: [{kind, name, reason}]}",
            item:
                "{kind: image, layer or container; name; state: moving, copying (with bytes), comparing, done, exists, "
                + "planned or left; message?}",
            errors: [.notFound, .invalidArgument, .failedPrecondition], mode: .stream
        ) { call in
            let plan = try plan(call)
            let migration = Migration(self, call, from: plan.from, to: plan.to)
            return try migration.run(plan, dryRun: call.flag("dryRun"))
        }
    }

    /// What a call asks for, with everything found.
    struct Plan {
        var from: Unpacker.Driver
        var to: Unpacker.Driver
        var images: [MovedImage] = []
        var containers: [ContainerRecord] = []
    }

    private func plan(_ call: Call) throws -> Plan {
        var plan = Plan(
            from: try drivers.driver(try call.string("from")), to: try drivers.driver(try call.string("to")))
        let operation = "migrate from '\(plan.from.name)' to '\(plan.to.name)'"
        guard plan.from.name != plan.to.name else {
            throw GantryError(.invalidArgument, "\(operation): the two are the same")
        }
        let wantedImages = call["images"]?.array?.compactMap(\.string) ?? []
        let wantedContainers = call["containers"]?.array?.compactMap(\.string) ?? []
        let all = call.flag("all")
        guard all || !wantedImages.isEmpty || !wantedContainers.isEmpty else {
            throw GantryError(.invalidArgument, "\(operation): name images or containers, or all")
        }
        if all, !wantedImages.isEmpty || !wantedContainers.isEmpty {
            throw GantryError(.invalidArgument, "\(operation): name images or containers, or all, not both")
        }
        if all {
            plan.images = try imagesThere(call.namespace, plan.from.name)
            plan.containers = containers.containers.containers(namespace: call.namespace)
                .filter { $0.snapshotter == plan.from.name }
            return plan
        }
        for name in wantedImages {
            let record = try ImageNames(images: images).find(namespace: call.namespace, name) {
                try? resolver.resolve($0.target).id
            }.records[0]
            guard let image = try image(record, plan.from.name) else {
                throw GantryError(.notFound, "\(operation): image '\(name)' has no snapshots in '\(plan.from.name)'")
            }
            if !plan.images.contains(where: { $0.target == image.target }) { plan.images.append(image) }
        }
        for name in wantedContainers {
            let record = try containers.containers.findContainer(namespace: call.namespace, name)
            guard record.snapshotter == plan.from.name else {
                throw GantryError(
                    .failedPrecondition,
                    "\(operation): the snapshot of container '\(record.name)' is in '\(record.snapshotter)'")
            }
            if !plan.containers.contains(where: { $0.id == record.id }) { plan.containers.append(record) }
        }
        return plan
    }

    private func imagesThere(_ namespace: String, _ driver: String) throws -> [MovedImage] {
        var found: [MovedImage] = []
        for record in images.images(namespace: namespace)
        where !found.contains(where: { $0.target == record.target.digest }) {
            if let image = try image(record, driver) { found.append(image) }
        }
        return found
    }

    /// Nil for an image that has no snapshots in the driver.
    private func image(_ record: ImageRecord, _ driver: String) throws -> MovedImage? {
        let manifests = try ImageSnapshots(leases).manifests(of: record.target.digest, driver: driver)
        if manifests.isEmpty { return nil }
        let name = (try? Reference(record.name))?.familiar ?? record.target.digest.short
        return MovedImage(name: name, target: record.target.digest, manifests: manifests)
    }
}

/// An image that is to be moved.
struct MovedImage: Sendable {
    /// One of its names.
    var name: String
    /// The manifest or index.
    var target: Digest
    /// Its manifests that have snapshots there: one for each platform.
    var manifests: [Digest]
}

/// Which snapshots the collector keeps for which images.
struct ImageSnapshots {
    private let leases: any LeaseStore

    init(_ leases: any LeaseStore) { self.leases = leases }

    /// The manifests below a target that hold a snapshot of the driver; of any when nil.
    func manifests(of target: Digest, driver: String?) throws -> [Digest] {
        var found: [Digest] = []
        try search(target, driver, depth: 0, &found)
        return found
    }

    private func search(_ blob: Digest, _ driver: String?, depth: Int, _ found: inout [Digest]) throws {
        let references = try leases.references(from: .blob(blob))
        let holds = references.contains { node in
            node.kind == .snapshot && driver.map { node.key.hasPrefix($0 + "/") } ?? true
        }
        if holds { found.append(blob) }
        // An index of indexes; layers refer to nothing.
        guard depth < 4 else { return }
        for node in references where node.kind == .blob {
            guard let digest = try? Digest(node.key), !found.contains(digest) else { continue }
            try search(digest, driver, depth: depth + 1, &found)
        }
    }
}
