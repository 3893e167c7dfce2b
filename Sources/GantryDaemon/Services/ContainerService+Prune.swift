import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.prune`: away with all that do not run.
extension ContainerService {
    var pruneMethod: Method {
        Method(
            "containers.prune", "Removes all containers that do not run; volumes stay.",
            params: [
                Field(
                    "filters", .map(.array(.string)),
                    "{name: [values]}: until (only those made before a time or a length of time ago), label and label! "
                        + "(with, or without, a key or key=value).")
            ],
            result: "{deleted: [ids], spaceReclaimed}: in bytes, what the containers had written.",
            errors: [.invalidArgument]
        ) { [self] call in
            let filters = try PruneFilters(call)
            var deleted = [String]()
            var space: Int64 = 0
            for record in containers.containers(namespace: call.namespace) where filters.matches(record) {
                // With a task somebody is about to start it, or it runs.
                guard record.status.state == .created || record.status.state == .exited,
                    tasks.get.entry(record.key).map({ $0.exit != nil }) ?? true
                else { continue }
                let size = size(record)
                do {
                    try remove(record, force: false, volumes: false)
                } catch let error as GantryError where [.failedPrecondition, .notFound].contains(error.code) {
                    // Started or removed in this moment: not ours any more.
                    continue
                }
                deleted.append(record.id.text)
                space += size.written
            }
            return ["deleted": .strings(deleted), "spaceReclaimed": .int(space)]
        }
    }
}

/// Which containers a removal of all is about.
struct PruneFilters {
    private var until: Timestamp?
    private var with: [ContainerFilters.Test] = []
    private var without: [ContainerFilters.Test] = []

    /// - Throws: `.invalidArgument` naming a filter or value that means nothing.
    init(_ call: Call) throws(GantryError) {
        for member in call["filters"]?.object?.members ?? [] {
            for value in (member.value.array ?? []).compactMap(\.string) {
                switch member.key {
                case "label": with.append(ContainerFilters.label(value))
                case "label!": without.append(ContainerFilters.label(value))
                case "until":
                    let now = Timestamp(nanoseconds: Clock.realtime)
                    let moment = try ContainerFilters.named("until", value) { () throws(GantryError) in
                        try Timestamp(argument: value, now: now)
                    }
                    guard until == nil else {
                        throw GantryError(.invalidArgument, "filter containers by 'until': it is given twice")
                    }
                    until = moment
                case let name:
                    throw GantryError(
                        .invalidArgument,
                        "filter containers by '\(name)=\(value)': no such filter; prune has until, label and label!")
                }
            }
        }
    }

    func matches(_ record: ContainerRecord) -> Bool {
        if let until, record.createdAt >= until { return false }
        return with.allSatisfy { (try? $0(record)) == true } && !without.contains { (try? $0(record)) == true }
    }
}
