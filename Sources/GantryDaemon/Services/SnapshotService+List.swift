import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantryWire

/// `snapshots.list` and `snapshots.inspect`.
extension SnapshotService {
    private static let item =
        "As snapshots.stat, and driver, usage {bytes, inodes}, images, containers, leases and children that need it "
        + "themselves, usedBy: the images and containers that need it or what stands on it"

    var list: Method {
        Method(
            "snapshots.list", "Lists the committed snapshots, and the namespace's own active ones and views.",
            params: [
                CommonField.driver, Field("all", .boolean, "Of every snapshotter that is ready, instead of one."),
                Field(
                    "filters", .map(.array(.string)),
                    "{name: [values]}: kind, parent (a name, or its beginning), label (key or key=value), name (a part)."
                ),
                Field("usage", .boolean, "Also measure the active ones, which takes a walk of each."),
            ], item: Self.item + ".", errors: [.notFound, .invalidArgument], access: .read, mode: .stream
        ) { call in
            let filters = try SnapshotFilters(call)
            let users = SnapshotUsers(self, call)
            for driver in try drivers(call) {
                let records = try records(of: driver, call)
                let used = try Used(records, users)
                for record in records where filters.matches(record.info) {
                    try call.send(item: try item(record, driver, used, measures: call.flag("usage")))
                }
            }
            return [:]
        }
    }

    var inspect: Method {
        Method(
            "snapshots.inspect", "Describes a snapshot and what needs it.",
            params: [
                Field(
                    "key", .string, required: true,
                    "A key or name, or the beginning of one that fits no other; 'sha256:' may be left off."),
                Field("driver", .string, "Snapshotter; all that are ready when absent, the configured one first."),
            ], result: Self.item + ", and mounts unless it is committed.", errors: [.notFound, .invalidArgument],
            access: .read
        ) { call in
            let wanted = try call.string("key")
            for driver in try drivers(call, all: call["driver"] == nil) {
                let records = try records(of: driver, call)
                guard let record = try Self.find(wanted, records) else { continue }
                let used = try Used(records, SnapshotUsers(self, call))
                guard var object = try item(record, driver, used, measures: true).object else { continue }
                if record.info.kind != .committed {
                    object["mounts"] = .array(try driver.snapshotter.mounts(record.info.name).map(\.json))
                }
                return .object(object)
            }
            throw GantryError(.notFound, "find snapshot '\(wanted)': no such snapshot")
        }
    }

    /// The one that is meant; nil when there is none.
    private static func find(_ text: String, _ records: [SnapshotRecord]) throws -> SnapshotRecord? {
        if let exact = records.first(where: { $0.info.name == text }) { return exact }
        let found = records.filter { !text.isEmpty && begins($0.info.name, with: text) }
        guard found.count < 2 else {
            throw GantryError(
                .invalidArgument, "find snapshot '\(text)': \(found.count) snapshots have names that begin so")
        }
        return found.first
    }

    static func begins(_ name: String, with text: String) -> Bool {
        name.hasPrefix(text) || name.hasPrefix("sha256:" + text)
    }

    /// The drivers that a call is about; the configured one first.
    func drivers(_ call: Call, all: Bool? = nil) throws -> [Unpacker.Driver] {
        guard all ?? call.flag("all") else { return [try driver(call)] }
        let others = drivers.ready.keys.filter { $0 != drivers.standard }.sorted()
        let names = drivers.ready[drivers.standard] == nil ? others : [drivers.standard] + others
        return try names.map { try drivers.driver($0) }
    }

    func records(of driver: Unpacker.Driver, _ call: Call) throws -> [SnapshotRecord] {
        try catalog.snapshots(driver: driver.name, namespace: nil)
            .filter { $0.info.kind == .committed || $0.namespace == call.namespace }
    }

    private func item(
        _ record: SnapshotRecord, _ driver: Unpacker.Driver, _ used: Used, measures: Bool
    ) throws -> JSON {
        guard var object = record.info.json.object else { return [:] }
        object["driver"] = .string(driver.name)
        var usage: SnapshotUsage? = record.usage
        // A view is nothing of its own.
        if record.info.kind == .active {
            usage = measures ? try? driver.snapshotter.usage(record.info.name) : nil
        }
        object.put("usage", usage?.json)
        for (kind, names) in used.direct[record.info.name] ?? [:] { object[kind] = .strings(names.sorted()) }
        object["usedBy"] = .strings(used.all(record.info.name))
        return .object(object)
    }
}

/// Who needs the snapshots of one driver.
struct Used {
    /// By name: images, containers, leases, children.
    private(set) var direct: [String: [String: [String]]] = [:]

    init(_ records: [SnapshotRecord], _ users: SnapshotUsers) throws {
        for record in records { direct[record.info.name] = try users.direct(record.node) }
    }

    /// The images and containers that need it or what stands on it, each once.
    func all(_ name: String) -> [String] {
        var names: [String] = []
        var next = [name]
        while let name = next.popLast() {
            let users = direct[name] ?? [:]
            names += (users["images"] ?? []) + (users["containers"] ?? [])
            next += users["children"] ?? []
        }
        return Set(names).sorted()
    }
}

/// Which snapshots a listing is about. Values of one name are alternatives; names, and labels, must all match.
struct SnapshotFilters {
    private var groups: [[@Sendable (SnapshotInfo) -> Bool]] = []

    /// - Throws: `.invalidArgument` naming a filter or value that means nothing.
    init(_ call: Call) throws(GantryError) {
        for member in call["filters"]?.object?.members ?? [] {
            var tests: [@Sendable (SnapshotInfo) -> Bool] = []
            for value in (member.value.array ?? []).compactMap(\.string) {
                switch member.key {
                case "kind":
                    guard let kind = SnapshotInfo.Kind(rawValue: value) else {
                        throw GantryError(
                            .invalidArgument,
                            "filter snapshots by 'kind=\(value)': the kinds are active, committed and view")
                    }
                    tests.append { $0.kind == kind }
                case "parent":
                    tests.append { $0.parent.map { SnapshotService.begins($0, with: value) } ?? value.isEmpty }
                case "name": tests.append { $0.name.contains(value) }
                case "label":
                    let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    let (key, wanted) = (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
                    groups.append([{ info in info.labels[key].map { wanted == nil || $0 == wanted } ?? false }])
                case let name:
                    throw GantryError(
                        .invalidArgument,
                        "filter snapshots by '\(name)=\(value)': no such filter; there are kind, parent, label and name"
                    )
                }
            }
            if !tests.isEmpty { groups.append(tests) }
        }
    }

    func matches(_ info: SnapshotInfo) -> Bool { groups.allSatisfy { $0.contains { $0(info) } } }
}
