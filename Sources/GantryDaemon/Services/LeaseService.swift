import GantryCore
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire

/// `leases.*`: hold things until they have found their place.
struct LeaseService: Sendable {
    let leases: any LeaseStore
    let collect: @Sendable () -> Void

    var methods: [Method] { [create, list, delete, add, remove] }

    private static let idField = Field("id", .string, required: true, "The lease's id.")
    private static let resources = Field(
        "resources", .array(.string), required: true, "`blob:DIGEST` or `snapshot:DRIVER/KEY`.")

    private static func json(_ lease: Lease) -> JSON {
        var object: JSONObject = [
            "id": .string(lease.key.id), "labels": .map(lease.labels), "created": .string(lease.created.description),
        ]
        object.put("expires", lease.expires?.description)
        return .object(object)
    }

    private var create: Method {
        Method(
            "leases.create", "Makes a lease.",
            params: [
                Field("id", .string, "Drawn when absent."), CommonField.labels,
                Field("seconds", .count, "It ends by itself after so long; never when absent."),
            ],
            result: "{id, labels, created, expires?}", errors: [.alreadyExists, .invalidArgument]
        ) { call in
            let expires = call["seconds"]?.int.map { Timestamp(nanoseconds: Clock.realtime).adding(seconds: $0) }
            return Self.json(
                try leases.createLease(
                    namespace: call.namespace, id: call.text("id"), labels: call.labels(), expires: expires))
        }
    }

    private var list: Method {
        Method("leases.list", "Lists leases.", item: "{id, labels, created, expires?}", access: .read, mode: .stream) {
            call in
            for lease in try leases.leases(namespace: call.namespace) { try call.send(item: Self.json(lease)) }
            return [:]
        }
    }

    private var delete: Method {
        Method(
            "leases.delete", "Ends a lease; what only it held is collected.", params: [Self.idField], result: "{}",
            errors: [.notFound]
        ) { call in
            try leases.deleteLease(LeaseKey(namespace: call.namespace, id: try call.string("id")))
            collect()
            return [:]
        }
    }

    private var add: Method {
        Method(
            "leases.add", "Has a lease hold something.", params: [Self.idField, Self.resources], result: "{}",
            errors: [.notFound, .invalidArgument]
        ) { call in
            try leases.addReferences(from: try node(call), to: try nodes(call))
            return [:]
        }
    }

    private var remove: Method {
        Method(
            "leases.remove", "Has a lease let something go.", params: [Self.idField, Self.resources], result: "{}",
            errors: [.notFound, .invalidArgument]
        ) { call in
            try leases.removeReferences(from: try node(call), to: try nodes(call))
            collect()
            return [:]
        }
    }

    private func node(_ call: Call) throws -> Node {
        .lease(LeaseKey(namespace: call.namespace, id: try call.string("id")))
    }

    private func nodes(_ call: Call) throws -> [Node] {
        try (call["resources"]?.array ?? []).compactMap(\.string).map { text in
            if text.hasPrefix("blob:") { return .blob(try Digest(String(text.dropFirst(5)))) }
            let parts = text.dropFirst(9).split(separator: "/", maxSplits: 1).map(String.init)
            guard text.hasPrefix("snapshot:"), parts.count == 2 else {
                throw GantryError(.invalidArgument, "hold '\(text)': not blob:DIGEST or snapshot:DRIVER/KEY")
            }
            return .snapshot(driver: parts[0], key: parts[1])
        }
    }
}
