import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySnapshots
import GantrySystem
import GantryWire
import Synchronization

/// `containers.*`: containers as their users know them. Tasks are what runs of them.
///
/// Owns the rule which change of a container's status is right; everything else is decoding and encoding. The verbs
/// have files of their own.
final class ContainerService: Sendable {
    let containers: any ContainerStore
    let images: any ImageStore
    let leases: any LeaseStore
    let resolver: ImageResolver
    let unpacker: Unpacker
    let drivers: SnapshotDrivers
    let volumes: Volumes
    let configuration: Configuration
    let live: LiveConfiguration
    let cgroups: Cgroups
    let standardRuntime: Result<RuntimeChoice, GantryError>
    /// Where containers keep their logs: `<root>/containers/<namespace>/<id>`.
    let directory: String
    /// Tasks are made after this service, because they report to it.
    let tasks = OnceBox<Tasks>()
    /// Says that there is something to collect.
    let collect: @Sendable () -> Void
    let keptLogs = KeptLogs()
    let ownerRanges: OwnerRanges
    /// Containers whose checkpoints somebody is at work with.
    let busyCheckpoints = Monitor(Set<ContainerID>())
    let events: any EventLog
    /// Who is at work with containers' snapshots.
    let snapshotUses = SnapshotUses()

    /// Guards "look at the status, then change it", and tells those who wait of every change.
    let changes = Monitor(Departed())

    /// How containers that are gone already ended, for those who ask a moment too late; and which ends are not the end.
    struct Departed: Sendable {
        /// Containers between the stop and the start of a restart: their end does not remove them.
        var restarting = Set<ContainerID>()
        private var exits = [ContainerID: (code: Int32, error: String?)]()
        private var order = [ContainerID]()
        private static let most = 1024

        subscript(_ id: ContainerID) -> (code: Int32, error: String?)? { exits[id] }

        mutating func add(_ id: ContainerID, code: Int32, error: String?) {
            if order.count >= Self.most { exits[order.removeFirst()] = nil }
            exits[id] = (code, error)
            order.append(id)
        }
    }

    init(
        containers: any ContainerStore, images: any ImageStore, leases: any LeaseStore, resolver: ImageResolver,
        unpacker: Unpacker, drivers: SnapshotDrivers, volumes: Volumes, configuration: Configuration,
        live: LiveConfiguration, cgroups: Cgroups, directory: String, events: any EventLog,
        collect: @escaping @Sendable () -> Void
    ) {
        self.containers = containers
        self.images = images
        self.leases = leases
        self.resolver = resolver
        self.unpacker = unpacker
        self.drivers = drivers
        self.volumes = volumes
        self.configuration = configuration
        self.live = live
        self.cgroups = cgroups
        ownerRanges = OwnerRanges(configuration, containers: containers)
        self.directory = directory
        self.collect = collect
        self.events = events
        do throws(GantryError) {
            standardRuntime = .success(try RuntimeChoice.resolve(configuration.runtime, cgroups: cgroups))
        } catch {
            standardRuntime = .failure(error)
        }
    }

    func find(_ call: Call) throws -> ContainerRecord {
        try containers.findContainer(namespace: call.namespace, try call.string("container"))
    }

    func logPath(_ record: ContainerRecord) -> String {
        "\(directory)/\(record.namespace)/\(record.id)/\(record.id)-json.log"
    }

    func logTarget(_ record: ContainerRecord, _ settings: ContainerSettings) throws(GantryError) -> LogTarget {
        try settings.log.target(
            path: logPath(record),
            LogIdentity(
                id: record.id.text, name: record.name, image: record.image, labels: record.labels, env: settings.env))
    }

    func settings(_ record: ContainerRecord) throws -> ContainerSettings {
        try ContainerSettings(
            json: .document(try containers.spec(record.id), of: "spec of container '\(record.id.short)'"))
    }

    func runtime(_ settings: ContainerSettings) throws(GantryError) -> RuntimeChoice {
        settings.runtime == "auto"
            ? try standardRuntime.get() : try RuntimeChoice.resolve(settings.runtime, cgroups: cgroups)
    }

    var methods: [Method] {
        [
            createMethod, getMethod, listMethod, inspectMethod, removeMethod, pruneMethod, waitMethod, stopMethod,
            logsMethod, pauseMethod, unpauseMethod, renameMethod, updateMethod, statsMethod, topMethod,
            explainMethod, exportMethod, statPathMethod, copyOutMethod, copyInMethod, diffMethod,
            checkpointMethod, checkpointsMethod, removeCheckpointMethod,
        ]
    }

    private var getMethod: Method {
        Method(
            "containers.get", "Describes one container, from memory.", params: [CommonField.container],
            result: "The container's summary.", errors: [.notFound], access: .read, mode: .inline
        ) { [self] (call: Call, bytes: inout [UInt8]) in
            ContainerSummary.append(try find(call), to: &bytes)
        }
    }
}

/// A reference that is set once, after both sides exist.
final class OnceBox<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    func set(_ new: Value) { value.withLock { $0 = new } }

    var get: Value {
        guard let value = value.withLock({ $0 }) else { preconditionFailure("used before the daemon was put together") }
        return value
    }
}
