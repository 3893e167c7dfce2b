import GantryCore
import GantryModel
import GantryRemote
import GantrySystem
import GantryWire
import Logging

/// One plugin in another process: kept running, looked after, and handed to those who use it.
///
///     starting ──answers──▶ ready ⇄ quarantined
///         └─▶ failed: its socket, its kind or its name are not what the manifest says; looked at again all the same
///
/// A thread of its own does all of it, so that a plugin that is wedged harms neither the daemon's start nor another plugin.
final class HostedPlugin: Sendable {
    let manifest: PluginManifest
    let link: PluginLink
    private let log: Logger
    /// Called once, before the first `ready`, with what the plugin says of itself.
    private let onReady: @Sendable (HostedPlugin, PluginDescription) throws -> Void
    private let wake: Wake
    private let state = Monitor<State>(State())

    private struct State {
        var state = PluginReport.State.starting
        var reason: String? = "it has not answered yet"
        var description: PluginDescription?
        var readyAfter: Double?
        var pid: Int32?
        var starts: Int64 = 0
        var news: (text: String, at: Int64)?
        var isStopping = false
        var hasStopped = false
    }

    /// An eventfd that both the link and the thread hold.
    private final class Wake: Sendable {
        let event: WakeUp
        init() throws(Errno) { event = try WakeUp() }
    }

    /// How often one that is well is asked whether it still is.
    private static let interval: Int32 = 5000
    /// How long it may take to say that.
    private static let patience: Int64 = 2000
    /// One that runs and has not answered for so long is ended and started again.
    private static let mercy: Int64 = 10_000_000_000

    init(
        _ manifest: PluginManifest, log: Logger,
        onReady: @escaping @Sendable (HostedPlugin, PluginDescription) throws -> Void
    ) throws(Errno) {
        self.manifest = manifest
        self.log = log
        self.onReady = onReady
        let wake = try Wake()
        self.wake = wake
        link = PluginLink(manifest.id, socket: manifest.socket, patience: manifest.patience) { wake.event.signal() }
        try Threads.start("gantry-plugin") { self.run() }
    }

    // MARK: for others

    var report: PluginReport {
        let health = link.health
        return state.with { state in
            var report = PluginReport(
                kind: manifest.kind, name: manifest.name, state: state.state, reason: state.reason)
            if report.state == .ready, health.breaker.isOpen {
                (report.state, report.reason) = (.quarantined, health.breaker.lastError)
            }
            report.capabilities = state.description?.capabilities ?? []
            report.exports = state.description?.exports ?? [:]
            report.bootMilliseconds = state.readyAfter
            var last = health.breaker.lastError.map { (text: $0, at: health.breaker.lastErrorAt ?? 0) }
            if let news = state.news, news.at >= last?.at ?? 0 { last = news }
            report.lastError = last?.text
            report.lastErrorAt = last.map { Timestamp(nanoseconds: $0.at) }
            var process: JSONObject = ["manifest": .string(manifest.file), "socket": .string(manifest.socket)]
            process.put("version", state.description?.version)
            if !manifest.exec.isEmpty {
                process["exec"] = .strings(manifest.exec)
                process["starts"] = .int(state.starts)
            }
            process.put("pid", state.pid.map { JSON.int(Int64($0)) })
            process["calls"] = .int(health.calls)
            process["failures"] = .int(health.failures)
            process["deadline"] = .int(manifest.deadline)
            report.process = process
            return report
        }
    }

    /// Waits until it was ready once, or until it is known not to be.
    func waitDecided(milliseconds: Int64) {
        _ = state.wait(milliseconds: milliseconds) { $0.state == .starting ? nil : true }
    }

    /// Takes it out: calls fail from now on, and its process ends. Returns when that is done.
    func stop() {
        link.close()
        state.with { $0.isStopping = true }
        wake.event.signal()
        _ = state.wait(milliseconds: 8000) { $0.hasStopped ? true : nil }
    }

    // MARK: the thread

    private func run() {
        var process = PluginProcess(manifest.exec, environment: environment)
        let born = Clock.monotonic
        var pause: Int32 = 20
        var lastPID: Int32?
        var wellAt = born
        // Whether the process that runs has answered.
        var hasAnswered = false
        while !state.with({ $0.isStopping }) {
            if !manifest.exec.isEmpty {
                if let news = process.keepRunning() { note(news) }
                if process.pid != lastPID {
                    (lastPID, wellAt, hasAnswered) = (process.pid, Clock.monotonic, false)
                    link.reconnect()
                }
                let (pid, starts) = (process.pid, process.starts)
                state.with { ($0.pid, $0.starts) = (pid, starts) }
            }
            if look(since: born, isNew: !manifest.exec.isEmpty && !hasAnswered) {
                (pause, wellAt, hasAnswered) = (Self.interval, Clock.monotonic, true)
            } else {
                pause = pause >= Self.interval ? 100 : min(Self.interval / 2, pause * 2)
                if process.pid != nil, Clock.monotonic - wellAt > Self.mercy {
                    note("it runs and does not answer: ended, to be started again")
                    process.end(milliseconds: 0)
                    continue
                }
            }
            var set = PollSet()
            set.add(wake.event.raw, .readable)
            set.add(process.descriptor, .readable)
            _ = try? set.wait(milliseconds: pause)
            wake.event.clear()
        }
        process.end(milliseconds: 5000)
        state.with { $0.hasStopped = true }
        state.wakeAll()
    }

    /// Asks the plugin who it is.
    /// - Parameter isNew: its process has not answered yet: that nobody listens says nothing, and must not hide how the
    ///   last process ended.
    /// - Returns: whether it is ready.
    private func look(since born: Int64, isNew: Bool) -> Bool {
        do {
            try SocketTrust.check(manifest.socket)
            let description = try link.probe(
                "plugin.describe", milliseconds: min(Self.patience, manifest.deadline * 1000), isExpected: isNew
            ) { try PluginDescription(json: $0) }
            try check(description)
            if state.with({ $0.description == nil }) { try onReady(self, description) }
            let wasReady = state.with { state -> Bool in
                let wasReady = state.state == .ready
                state.description = description
                (state.state, state.reason) = (.ready, nil)
                if state.readyAfter == nil { state.readyAfter = Double(Clock.monotonic - born) / 1_000_000 }
                return wasReady
            }
            if !wasReady { log.info("plugin is ready", metadata: ["plugin": "\(manifest.id)"]) }
            state.wakeAll()
            return true
        } catch {
            failed(error as? GantryError ?? GantryError(.internal, "\(error)"), since: born, isNew: isNew)
            return false
        }
    }

    /// What answers must be what the manifest says.
    private func check(_ description: PluginDescription) throws(GantryError) {
        for (key, told, wanted) in [
            ("kind", description.kind, manifest.kind), ("name", description.name, manifest.name),
        ] where told != wanted {
            throw GantryError(
                .failedPrecondition,
                "use plugin '\(manifest.id)': what listens at '\(manifest.socket)' says \(key) '\(told)'")
        }
    }

    private func failed(_ error: GantryError, since born: Int64, isNew: Bool) {
        let isWrong = error.code == .permissionDenied || error.code == .failedPrecondition
        let isStarting = isNew && error.code == .unavailable
        let news = state.with { state -> Bool in
            let old = (state.state, state.reason)
            if isWrong {
                state.state = .failed
            } else if state.readyAfter != nil {
                state.state = .quarantined
            } else if Clock.monotonic - born > Self.mercy {
                // Long enough: whoever waits for it is told that it does not come.
                state.state = .failed
            }
            // While it starts there is no socket: that is no news.
            if !isStarting || state.state == .failed { state.reason = error.description }
            if !isStarting, state.state != .starting { state.news = (error.description, Clock.realtime) }
            return old != (state.state, state.reason) && state.state != .starting
        }
        if news {
            log.warning("plugin is not ready", metadata: ["plugin": "\(manifest.id)", "error": "\(error)"])
        }
        state.wakeAll()
    }

    private func note(_ text: String) {
        log.warning("plugin", metadata: ["plugin": "\(manifest.id)", "news": "\(text)"])
        state.with { state in
            state.news = (text, Clock.realtime)
            if state.readyAfter != nil { (state.state, state.reason) = (.quarantined, text) }
        }
    }

    /// What a plugin that gantryd starts is told: where to listen, and where its data belongs.
    private var environment: [String] {
        let own = ["GANTRY_PLUGIN_SOCKET", "GANTRY_PLUGIN_NAME", "GANTRY_PLUGIN_ROOT"]
        var result = Host.environment.filter { entry in !own.contains { entry.hasPrefix($0 + "=") } }
        result += ["GANTRY_PLUGIN_SOCKET=\(manifest.socket)", "GANTRY_PLUGIN_NAME=\(manifest.name)"]
        if let root = manifest.root { result.append("GANTRY_PLUGIN_ROOT=\(root)") }
        return result
    }
}
