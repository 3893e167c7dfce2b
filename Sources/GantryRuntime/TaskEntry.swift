import GantrySystem
package import GantryWire

/// Which container, in which namespace.
package struct TaskKey: Hashable, Sendable, CustomStringConvertible {
    package var namespace: String
    package var id: String

    package init(namespace: String, id: String) {
        self.namespace = namespace
        self.id = id
    }

    package var description: String { String(id.prefix(12)) }
}

/// A task as the daemon sees it: a container that has a shim.
///
/// ```
/// creating ──▶ created ──start──▶ starting ──▶ running ──▶ exited ──(shim has left)──▶ gone
///     │           │                  │ └─ exited before the start was answered ─▶│
///     └───────────┴──── failed ◀─────┘
/// ```
package struct TaskEntry: Sendable {
    package enum State: Sendable, Equatable {
        case creating
        case created
        case starting
        case running(pid: Int32)
        case exited(ExitRecord)
        /// The start failed; what was made for it is being removed.
        case failed
    }

    package var state: State
    /// The shim's socket.
    package var socket: String
    var shim: SharedDescriptor?
    /// Nanoseconds since 1970; 0 before the start.
    var startedAt: Int64 = 0
    var runtime: RuntimeChoice
    /// What its cgroup is below; empty for Gantry's own.
    var cgroupParent = ""
    /// Whether this daemon is the shim's parent and has to reap it.
    var isChild: Bool

    /// How the container ended, once it has.
    package var exit: ExitRecord? { if case .exited(let record) = state { record } else { nil } }

    /// 0 unless running.
    package var pid: Int32 { if case .running(let pid) = state { pid } else { 0 } }
}

/// What is needed to make a task of a container.
package struct TaskRequest: Sendable {
    package var key: TaskKey
    package var settings: ContainerSettings
    /// Where the shim puts the container's output.
    package var log: LogTarget?
    package var runtime: RuntimeChoice
    /// Mounts the container's root at the path it is given.
    package var mountRoot: @Sendable (String) throws -> Void

    package init(
        key: TaskKey, settings: ContainerSettings, log: LogTarget?, runtime: RuntimeChoice,
        mountRoot: @escaping @Sendable (String) throws -> Void
    ) {
        self.key = key
        self.settings = settings
        self.log = log
        self.runtime = runtime
        self.mountRoot = mountRoot
    }
}

/// Who is told what becomes of tasks. Called on any thread, without locks held.
package protocol TaskObserver: AnyObject, Sendable {
    /// The container has ended. It is durable when this returns; only then does its shim leave.
    func taskExited(_ key: TaskKey, _ exit: ExitRecord, startedAt: Int64) throws
    /// A container whose start an earlier daemon had asked for runs now.
    func taskStarted(_ key: TaskKey, pid: Int32, startedAt: Int64)
    /// Nothing of the task is left: its root is unmounted, the container may be started or removed.
    func taskGone(_ key: TaskKey)
}
