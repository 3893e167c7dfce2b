import GantrySystem
import GantryWire

/// A real systemd-journald that has a /run of its own; its socket is lent to the machine by a link.
struct Journal {
    private static let place = "/run/systemd/journal"
    private let pid: Int32
    private let process: SharedDescriptor
    private let made: String

    init() throws {
        let script = """
            mount -t tmpfs tmpfs /run && mkdir -p \(Self.place) /run/log/journal && exec /lib/systemd/systemd-journald
            """
        let child = try Spawn(
            "/usr/bin/unshare", ["unshare", "--mount", "sh", "-c", script],
            environment: ["PATH=\(Machine.searchPath)"]
        ).start()
        pid = child.pid
        process = SharedDescriptor(child.takeDescriptor())
        made = Path.exists("/run/systemd") ? Self.place : "/run/systemd"
        try Path.makeDirectories(Self.place)
        try Path.symlink("/proc/\(pid)/root\(Self.place)/socket", as: Self.place + "/socket")
    }

    var files: String { "/proc/\(pid)/root/run/log/journal" }
    var isReady: Bool { Path.exists("/proc/\(pid)/root\(Self.place)/socket") }

    func end() throws {
        try Processes.signal(pidfd: process.raw, Signals.terminate)
        _ = try Processes.wait(pidfd: process.raw)
        try Directory.removeTree(made)
    }

    /// The entries with this field.
    func entries(_ engine: Engine, _ match: String) throws -> [JSON] {
        try engine.shell("journalctl --directory=\(files) -o json --no-pager '\(match)'").lines
            .filter { $0.hasPrefix("{") }.map { try JSON.parse(Array($0.utf8)) }
    }
}
