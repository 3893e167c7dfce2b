import GantryClient
import GantryModel

/// Tells the daemon that something is about to be started, before this program knows what: reading its own arguments takes
/// it milliseconds, and the kernel's first move of a process between cgroups takes more (docs/decisions.md). The connection
/// is then the command's.
enum Forewarning {
    /// Commands that start something, as a rule.
    private static let commands: Set<String> = ["run", "exec", "start", "restart"]

    // SAFETY: the program has one thread until a command runs, and commands connect on that thread.
    nonisolated(unsafe) private static var connection: Client?

    /// Returns at once; a daemon that is away is found out by the command itself.
    static func give(_ arguments: ArgumentRewriter) {
        guard let command = arguments.command, commands.contains(command) else { return }
        let globals = arguments.result
        let socket = globals.firstIndex(of: "--socket").flatMap { globals.dropFirst($0 + 1).first }
        guard let client = try? Client(path: ConnectionOptions.path(socket)) else { return }
        guard (try? client.announce("tasks.expect")) != nil else { return }
        connection = client
    }

    /// The connection, for the first who wants one to that socket.
    static func taken(for path: String) -> Client? {
        defer { connection = nil }
        return connection?.path == path ? connection : nil
    }
}
