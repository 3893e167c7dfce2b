import GantryWire

/// `gantry events`: an event with docker's words.
enum EventListing {
    /// "2026-01-31T12:00:00Z container die 4f2a… (exitCode=1, image=busybox, name=web)".
    static func line(_ event: JSON) -> String {
        let (type, action) = topic(event)
        let attributes = attributes(event).map { "\($0.key)=\($0.value.templateText)" }.joined(separator: ", ")
        let actor = id(event)
        return "\(event["time"]?.string ?? "") \(type) \(action)\(actor.isEmpty ? "" : " " + actor)"
            + (attributes.isEmpty ? "" : " (\(attributes))")
    }

    /// Docker's document of an event, with its number beside.
    static func object(_ event: JSON) -> JSON {
        let (type, action) = topic(event)
        let time = event["time"]?.string ?? ""
        return [
            "Type": .string(type), "Action": .string(action), "Status": .string(action), "ID": .string(id(event)),
            "Actor": [
                "ID": .string(id(event)),
                "Attributes": .object(JSONObject(attributes(event).map { ($0.key, $0.value) })),
            ],
            "Time": .string(time), "Sequence": event["sequence"] ?? 0, "Namespace": event["namespace"] ?? "",
        ]
    }

    private static func topic(_ event: JSON) -> (type: String, action: String) {
        let parts = (event["topic"]?.string ?? "").split(separator: ".", maxSplits: 1).map(String.init)
        return (parts.first ?? "", parts.count == 2 ? parts[1] : "")
    }

    private static func id(_ event: JSON) -> String {
        event["payload"]?["id"]?.string ?? event["payload"]?["name"]?.string ?? ""
    }

    private static func attributes(_ event: JSON) -> [(key: String, value: JSON)] {
        (event["payload"]?.object?.members ?? []).filter { $0.key != "id" }.sorted { $0.key < $1.key }
    }
}
