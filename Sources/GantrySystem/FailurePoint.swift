/// Places at which a test lets a process die as by `kill -9`, to see what becomes of what it was doing.
///
/// Debug builds only: in a release nothing of it is left. `GANTRY_FAILURE_POINT` is `PLACE@FILE`: the process dies at the
/// place, and makes the file before, so that the test knows. The daemon passes the variable on to its shims.
package enum FailurePoint: String, CaseIterable, Sendable {
    // The daemon: containers.create.
    case createVolumes = "create.volumes"
    case createSnapshot = "create.snapshot"
    case createRecorded = "create.recorded"
    // tasks.create and tasks.start.
    case taskDirectory = "task.directory"
    case taskMounted = "task.mounted"
    case taskBundle = "task.bundle"
    case taskSocket = "task.socket"
    case taskShim = "task.shim"
    case startAsked = "start.asked"
    case startAnswered = "start.answered"
    case startRecorded = "start.recorded"
    // tasks.exec.
    case execPrepared = "exec.prepared"
    // containers.stop and the end of a task.
    case stopSignalled = "stop.signalled"
    case exitCommitted = "exit.committed"
    case dismantleRuntime = "dismantle.runtime"
    case dismantleUnmounted = "dismantle.unmounted"
    case dismantleCgroup = "dismantle.cgroup"
    case dismantleFiles = "dismantle.files"
    // containers.remove.
    case removeVolumes = "remove.volumes"
    case removeRecorded = "remove.recorded"
    // A built-in snapshotter: prepare and view, commit, remove.
    case snapshotMade = "snapshot.made"
    case snapshotFilled = "snapshot.filled"
    case snapshotPublished = "snapshot.published"
    case commitSealed = "commit.sealed"
    case commitRecorded = "commit.recorded"
    case commitSettled = "commit.settled"
    case removeDiscarded = "remove.discarded"
    // snapshotters.migrate.
    case migrateLayerPrepared = "migrate.layerPrepared"
    case migrateLayerCopied = "migrate.layerCopied"
    case migrateLayers = "migrate.layers"
    case migrateReleased = "migrate.released"
    case migratePrepared = "migrate.prepared"
    case migrateCopied = "migrate.copied"
    case migrateProven = "migrate.proven"
    case migrateSwitched = "migrate.switched"
    // The shim.
    case shimBorn = "shim.born"
    case shimCard = "shim.card"
    case shimStarting = "shim.starting"
    case shimStarted = "shim.started"
    case shimExec = "shim.exec"
    case shimEnded = "shim.ended"
    case shimDrained = "shim.drained"
    case shimExit = "shim.exit"
    case shimTold = "shim.told"
    case shimDeleted = "shim.deleted"

    /// Whether it is in the shim.
    package var isShims: Bool { rawValue.hasPrefix("shim.") }

    /// Whether it is in a built-in snapshotter.
    package var isSnapshotters: Bool {
        ["snapshot.", "commit."].contains { rawValue.hasPrefix($0) } || self == .removeDiscarded
    }

    /// Whether it is in a migration from one snapshotter to another.
    package var isMigrations: Bool { rawValue.hasPrefix("migrate.") }

    /// Ends this process if this is the place.
    @inline(__always)
    package func reach() {
        #if DEBUG
            guard let wanted = Self.wanted, wanted.hasPrefix(rawValue + "@") else { return }
            _ = try? File.open(String(wanted.dropFirst(rawValue.utf8.count + 1)), [.write, .create])
            try? Processes.signal(pid: Processes.current, Signals.kill)
        #endif
    }

    /// What a shim needs in its environment.
    package static var environment: [String] {
        #if DEBUG
            return wanted.map { ["\(name)=\($0)"] } ?? []
        #else
            return []
        #endif
    }

    #if DEBUG
        private static let name = "GANTRY_FAILURE_POINT"
        private static let wanted: String? = Host.variable(name)
    #endif
}
