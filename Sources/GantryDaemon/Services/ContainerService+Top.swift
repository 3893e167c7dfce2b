import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.top`: the processes of a container, told by the machine's ps(1) as Docker does.
extension ContainerService {
    var topMethod: Method {
        Method(
            "containers.top", "Lists the processes of a running container, with the machine's process ids.",
            params: [
                CommonField.container,
                Field("psArguments", .array(.string), "Options of ps(1), which must show the PID; -ef when absent."),
            ],
            result: "{titles: [string], processes: [[string]]}",
            errors: [.notFound, .failedPrecondition, .invalidArgument], access: .guarded
        ) { [self] call in
            let record = try find(call)
            guard tasks.get.entry(record.key)?.pid ?? 0 != 0 else {
                throw GantryError(
                    .failedPrecondition, "list processes of container '\(record.name)': it is not running")
            }
            let given = (call["psArguments"]?.array ?? []).compactMap(\.string)
            let members = Set(cgroups.processes(tasks.get.place(record.key)).map { String($0) })
            let lines = try ps(given.isEmpty ? ["-ef"] : given, record).split(separator: "\n")
            guard let heading = lines.first else {
                throw GantryError(.internal, "list processes of container '\(record.name)': ps said nothing")
            }
            let titles = heading.split(separator: " ").map(String.init)
            guard let column = titles.firstIndex(of: "PID") else {
                throw GantryError(
                    .invalidArgument,
                    "list processes of container '\(record.name)': the ps options do not show the column PID")
            }
            let rows = lines.dropFirst().compactMap { line -> [String]? in
                // The last column may have spaces; the first, when it is the last too, has some before it.
                let words = line.drop { $0 == " " }.split(separator: " ", maxSplits: titles.count - 1).map(String.init)
                return words.count > column && members.contains(words[column]) ? words : nil
            }
            return ["titles": .strings(titles), "processes": .array(rows.map { .strings($0) })]
        }
    }

    private func ps(_ arguments: [String], _ record: ContainerRecord) throws(GantryError) -> String {
        let program = ["/usr/bin/ps", "/bin/ps"].first { Path.isExecutable($0) }
        guard let program else {
            throw GantryError(.failedPrecondition, "list processes: 'ps' is not installed on this machine")
        }
        for argument in arguments where argument.utf8.contains(0) {
            throw GantryError(.invalidArgument, "list processes: a NUL is in the ps options")
        }
        let run = try describing("list processes: run '\(program)'") { () throws(Errno) in
            try ProgramRun.run(Spawn(program, [program] + arguments), milliseconds: 10_000)
        }
        guard run.status == .exited(0) else {
            let words =
                String(decoding: run.errors.prefix(500), as: UTF8.self).split(separator: "\n").first ?? "no reason"
            throw GantryError(.invalidArgument, "list processes of container '\(record.name)': ps says: \(words)")
        }
        return String(decoding: run.output, as: UTF8.self)
    }
}
