import GantryCore
import GantryDiff
import GantryHost
import GantryImages
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySnapshots
import GantryStore
import GantrySystem
import GantryWire
package import Logging
import Synchronization

/// gantryd, put together: every part is made here, in the order in which it needs the others, and handed what it needs.
///
/// ```
/// configuration ─▶ metadata ─▶ content ─▶ snapshotters ─▶ images ─▶ containers ⇄ tasks ─▶ services ─▶ server
/// ```
package final class Daemon: Sendable {
    let configuration: Configuration
    let log: Logger
    let metadata: Metadata
    let content: DiskContentStore
    let drivers: SnapshotDrivers
    let resolver: ImageResolver
    let unpacker: Unpacker
    let containers: ContainerService
    let tasks: Tasks
    let transfers = Transfers()
    let collector: CollectorLoop
    let server: Server
    let plugins: PluginHost
    let live: LiveConfiguration
    private let reload: @Sendable () throws(GantryError) -> JSONObject
    private let pool: BlockingPool
    private let chores: BlockingPool
    /// Writing back what was unpacked: whoever has just loaded an image is about to use it, and a sync of the whole file
    /// system would make that wait. A power cut before it means that the image is unpacked again.
    private let writeBack = DelayedWork("gantry-sync", milliseconds: 3000)
    /// Bound before what an earlier daemon left is taken up, served after it: a client that comes meanwhile waits.
    private let doors = Mutex<Doors?>(nil)

    private struct Doors: ~Copyable {
        var all: Listener
        var readOnly: Listener
    }

    /// Opens everything and takes up what an earlier daemon left; no client is served yet.
    ///
    /// - Parameter shim: the program that keeps a container.
    /// - Throws: `.permissionDenied` when not started by root, `.invalidArgument` for a state directory whose name is
    ///   too long for sockets, `.unavailable` when another daemon uses the root; and what the parts throw.
    package init(_ configuration: Configuration, live: LiveConfiguration, shim: String, log: Logger) throws {
        guard Processes.effectiveUser == 0 else {
            throw GantryError(
                .permissionDenied, "start gantryd: only root can start it (rootless operation is not there yet)")
        }
        self.configuration = configuration
        self.live = live
        self.log = log
        try Boot.prepareDirectories(configuration)
        let pool = BlockingPool("gantry-worker", threads: Int(configuration.threads), queue: 16_384)
        let chores = BlockingPool("gantry-chore", threads: 8, queue: 1 << 20)
        self.pool = pool
        self.chores = chores
        let background: @Sendable (@escaping @Sendable () -> Void) -> Void = { body in
            // A full queue of a million chores means a defect; the work is done all the same.
            if (try? chores.submit(body)) == nil { body() }
        }

        metadata = try Metadata(layout: StoreLayout(root: configuration.root), eventBound: configuration.events)
        _ = try metadata.putNamespace("default", labels: [:])
        content = try DiskContentStore(metadata)
        var reports = [PluginReport]()
        drivers = try Boot.openDrivers(configuration, &reports)
        let cgroups = Cgroups(driver: Cgroups.Driver(rawValue: configuration.cgroupDriver))
        let platform = Platform.host(machine: Host.name().machine)
        resolver = ImageResolver(content: content, platform: platform)
        let host = OnceBox<PluginHost>()
        let layout = StoreLayout(root: configuration.root)
        unpacker = Unpacker(
            content: content, catalog: metadata, applier: DiskLayerApplier(), resolver: resolver,
            scratch: configuration.state, layerLimit: configuration.layerSize,
            background: { [writeBack] in writeBack.add($0) },
            verifier: PluginVerifier(host: host, log: log),
            decoder: PluginDecoder(host: host, path: { [layout] in layout.blob($0) }))

        let kicker = OnceBox<CollectorLoop>()
        let collect: @Sendable () -> Void = { kicker.get.kick() }
        containers = ContainerService(
            containers: metadata, images: metadata, leases: metadata, resolver: resolver, unpacker: unpacker,
            drivers: drivers, volumes: Volumes(directory: configuration.root + "/volumes"),
            configuration: configuration, live: live, cgroups: cgroups, directory: configuration.root + "/containers",
            events: metadata, collect: collect)
        let group = Boot.group(configuration.group)
        tasks = try Tasks(
            Tasks.Configuration(
                state: configuration.state, daemonSocket: configuration.state + "/gantry.sock", shimProgram: shim,
                cgroups: cgroups, group: group),
            observer: containers, background: background)
        containers.tasks.set(tasks)
        collector = CollectorLoop(Boot.collector(metadata, drivers, tasks)) { [log] result in
            if case .failure(let error) = result { log.warning("collection failed", metadata: ["error": "\(error)"]) }
        }
        kicker.set(collector)
        let builtIn = reports + Boot.report(containers)
        plugins = PluginHost(
            directory: configuration.pluginsDirectory, builtIn: Set(builtIn.map(\.id)), drivers: drivers, log: log,
            adopt: { [metadata, log] name, snapshotter in
                SnapshotSweep(name: name, snapshotter: snapshotter, metadata: metadata, log: log).run()
            })
        host.set(plugins)
        let reload = { @Sendable [live, plugins, drivers, log] () throws(GantryError) -> JSONObject in
            try Self.reload(live, plugins, drivers, log)
        }
        self.reload = reload
        let all = { @Sendable [plugins] in builtIn + plugins.reports }
        plugins.load()
        try Boot.checkSnapshotter(configuration, drivers)
        plugins.wait(for: configuration.requiredPlugins, milliseconds: 10_000)
        try Boot.checkRequired(configuration, all())

        let loader = ImageLoader(
            content: content, images: metadata, references: metadata, archives: TarArchives(), resolver: resolver,
            unpacker: unpacker)
        let puller = ImagePuller(
            content: content, images: metadata, references: metadata, resolver: resolver, unpacker: unpacker,
            platform: platform, parallel: Int(configuration.concurrentDownloads))
        let registries = Registries(
            RegistryOptions(
                hostsDirectory: configuration.hostsDirectory, connectTimeout: configuration.registryConnectTimeout,
                stallTimeout: configuration.registryStallTimeout, attempts: configuration.registryAttempts,
                userAgent: "gantry/\(Release.version)"))
        let pulling = Pulling(
            puller: puller, transfers: transfers, leases: PullLeases(metadata),
            registries: registries, platform: platform)
        let images = ImageService(
            images: metadata, containers: metadata, content: content, leases: metadata, namespaces: metadata,
            loader: loader, pulling: pulling, resolver: resolver, drivers: drivers, collect: collect,
            trim: { Processes.trimMemory() })
        let system = SystemService(
            configuration: configuration, containers: containers, plugins: all, reload: reload, features: .probe(),
            id: try Boot.identity(configuration.root))
        var methods = system.methods + containers.methods + TaskService(containers: containers).methods
        methods += images.methods + ContentService(content: content).methods
        methods +=
            SnapshotterService(drivers: drivers, plugins: all, containers: metadata, catalog: metadata).methods
        methods +=
            SnapshotService(
                catalog: metadata, leases: metadata, drivers: drivers, images: metadata, containers: containers,
                collect: collect
            ).methods
        methods +=
            MigrationService(
                containers: containers, images: metadata, content: content, catalog: metadata, leases: metadata,
                resolver: resolver, unpacker: unpacker, drivers: drivers, collect: collect
            ).methods
        methods += RegistryService(registries: registries).methods
        methods += LeaseService(leases: metadata, collect: collect).methods
        methods +=
            EventService(events: metadata, containers: metadata).methods
            + NamespaceService(namespaces: metadata).methods
        var options = Server.Options(name: "gantryd", version: Release.version)
        options.maximumConnections = Int(configuration.connections)
        options.guardedOnReadOnly = configuration.readOnlyShowsContent
        options.report = { [log] report in log.debug("\(report)") }
        server = try Server(methods, options: options, pool: pool)
        try doors.withLock { (doors: inout sending Doors?) throws in
            let readers = Boot.group(configuration.readOnlyGroup)
            doors = Doors(
                all: try Listener(path: configuration.state + "/gantry.sock", gid: group),
                readOnly: try Listener(path: configuration.state + "/gantry-ro.sock", gid: readers))
        }
        try recover()
    }

    /// Serves until SIGTERM or SIGINT, then ends in order. The signals must be blocked already, on every thread.
    package func run() throws {
        try collector.start()
        try containers.keptLogs.startTime()
        guard let doors = doors.withLock({ $0.take() }) else { preconditionFailure("a daemon runs once") }
        try open(doors)
        log.info("ready", metadata: ["socket": "\(configuration.state)/gantry.sock", "root": "\(configuration.root)"])
        var signal = Signals.wait(Daemon.signals + [Signals.hangUp])
        while signal == Signals.hangUp {
            do throws(GantryError) { _ = try reload() } catch {
                log.error("nothing was reloaded", metadata: ["error": "\(error)"])
            }
            signal = Signals.wait(Daemon.signals + [Signals.hangUp])
        }
        log.info("stopping", metadata: ["signal": "\(signal)", "running": "\(tasks.runningCount)"])
        server.shutDown(milliseconds: 10_000)
        // What ended a moment ago is cleaned up now rather than by the next daemon.
        if !tasks.waitSettled(milliseconds: 3000) { log.notice("clean-up is left to the next start") }
        transfers.close(milliseconds: 3000)
        _ = chores.close(milliseconds: 5000)
        writeBack.close(milliseconds: 5000)
        _ = pool.close(milliseconds: 5000)
        collector.stop()
        plugins.stop()
        for (name, snapshotter) in drivers.ready {
            do { try snapshotter.close() } catch {
                log.warning("snapshotter did not close", metadata: ["name": "\(name)", "error": "\(error)"])
            }
        }
        try metadata.close()
    }

    private func open(_ doors: consuming Doors) throws(GantryError) {
        try server.listen(doors.all)
        try server.listen(doors.readOnly, readOnly: true)
    }

    /// The signals that end the daemon.
    package static let signals = [Signals.terminate, Signals.interrupt]
}
