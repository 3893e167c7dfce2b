import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantryWire

/// `tasks.exec` and what belongs to it: more processes in a container that runs.
extension TaskService {
    var execMethods: [Method] { [exec, execs, resize] }

    private var exec: Method {
        Method(
            "tasks.exec",
            """
            Prepares a process in a running container. Whoever calls `exec.start` on the shim's socket within 30 s gets \
            its streams; with `detach` it has been started when this answers.
            """,
            params: [
                CommonField.container, Field("command", .array(.string), required: true, "Program and arguments."),
                Field("env", .array(.string), "NAME=value, over the container's."),
                Field("workingDir", .string, "Absolute; the container's when absent."),
                Field("user", .string, "user[:group], names or numbers; the container's when absent."),
                Field("groups", .array(.string), "More groups, names or numbers."),
                Field("tty", .boolean, "A terminal instead of three pipes; false when absent."),
                Field("consoleSize", .object, "{rows, columns} of the terminal at the start."),
                Field("openStdin", .boolean, "Whether standard input is open; false when absent."),
                Field(
                    "privileged", .boolean,
                    "Every capability; the container's system call filter stays. False when absent."),
                Field("detach", .boolean, "Start it now, with nobody at its streams; false when absent."),
            ],
            result: "{exec, socket}, with detach also pid.", errors: [.notFound, .failedPrecondition, .invalidArgument]
        ) { call in
            let record = try containers.find(call)
            let request = try execRequest(call, record)
            if record.status.state == .paused {
                throw GantryError(
                    .failedPrecondition, "exec in container '\(record.name)': it is paused; unpause it first")
            }
            do throws(GantryError) {
                let (id, socket) = try tasks.prepareExec(record.key, request)
                var result: JSONObject = ["exec": .string(id), "socket": .string(socket)]
                if call.flag("detach") { result["pid"] = .int(Int64(try tasks.startExec(record.key, id))) }
                return .object(result)
            } catch {
                guard error.code == .failedPrecondition, error.details == nil else { throw error }
                throw GantryError(.failedPrecondition, "exec in container '\(record.name)': it is not running")
            }
        }
    }

    private func execRequest(_ call: Call, _ record: ContainerRecord) throws -> ExecRequest {
        let command = (call["command"]?.array ?? []).compactMap(\.string)
        let env = (call["env"]?.array ?? []).compactMap(\.string)
        let directory = call.text("workingDir")
        guard let program = command.first, !program.isEmpty else {
            throw GantryError(.invalidArgument, "exec in container '\(record.name)': no command is given")
        }
        for entry in env where (entry.firstIndex(of: "=") ?? entry.startIndex) == entry.startIndex {
            throw GantryError(
                .invalidArgument, "exec in container '\(record.name)': environment '\(entry)' is not NAME=value")
        }
        if let directory, !directory.hasPrefix("/") {
            throw GantryError(
                .invalidArgument,
                "exec in container '\(record.name)': the working directory '\(directory)' is not an absolute path")
        }
        let texts = command + env + [directory ?? "", call.text("user") ?? ""]
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw GantryError(.invalidArgument, "exec in container '\(record.name)': a NUL is in its parameters")
        }
        return ExecRequest(
            settings: try containers.settings(record), user: call.text("user"),
            groups: (call["groups"]?.array ?? []).compactMap(\.string), openStdin: call.flag("openStdin"),
            process: ProcessSpec.Override(
                arguments: command, env: env, workingDirectory: directory, terminal: call.flag("tty"),
                consoleSize: ContainerSettings.ConsoleSize(call["consoleSize"]), privileged: call.flag("privileged")))
    }

    private var execs: Method {
        Method(
            "tasks.execs", "Lists the processes executed in a container, those that ended up to a minute ago included.",
            params: [CommonField.container],
            result:
                "{execs: [{exec, pid, state, exitCode, command, tty}]}; state is prepared, starting, running or exited.",
            errors: [.notFound], access: .read
        ) { call in ["execs": try tasks.execs(try containers.find(call).key)] }
    }

    private var resize: Method {
        Method(
            "tasks.resize", "Sets the size of a container's terminal, or of an executed process's.",
            params: [
                CommonField.container, Field("exec", .string, "The executed process; the container's own when absent."),
                Field("rows", .count, required: true, "0 to 65535; 0 changes nothing."),
                Field("columns", .count, required: true, "0 to 65535; 0 changes nothing."),
            ],
            result: "{}", errors: [.notFound, .failedPrecondition, .invalidArgument]
        ) { call in
            try tasks.resize(
                try containers.find(call).key, exec: call.text("exec"), rows: call["rows"]?.int ?? 0,
                columns: call["columns"]?.int ?? 0)
            return [:]
        }
    }
}
