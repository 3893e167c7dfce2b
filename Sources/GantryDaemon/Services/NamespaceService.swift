import GantryCore
import GantryModel
import GantryRPC
import GantryWire

/// `namespaces.*`: rooms for names. They separate names, not trust.
struct NamespaceService: Sendable {
    let namespaces: any NamespaceStore

    var methods: [Method] { [list, create, delete] }

    private static func json(_ record: NamespaceRecord) -> JSON {
        ["name": .string(record.name), "labels": .map(record.labels), "created": .string(record.created.description)]
    }

    private var list: Method {
        Method("namespaces.list", "Lists namespaces.", item: "{name, labels, created}", access: .read, mode: .stream) {
            call in
            for record in namespaces.namespaces() { try call.send(item: Self.json(record)) }
            return [:]
        }
    }

    private var create: Method {
        Method(
            "namespaces.create", "Makes a namespace, or replaces its labels.",
            params: [Field("name", .string, required: true, "The name."), CommonField.labels],
            result: "{name, labels, created}", errors: [.invalidArgument]
        ) { call in
            Self.json(try namespaces.putNamespace(try call.string("name"), labels: call.labels()))
        }
    }

    private var delete: Method {
        Method(
            "namespaces.delete", "Removes an empty namespace.",
            params: [Field("name", .string, required: true, "The name.")], result: "{}",
            errors: [.notFound, .failedPrecondition]
        ) { call in
            try namespaces.deleteNamespace(try call.string("name"))
            return [:]
        }
    }
}
