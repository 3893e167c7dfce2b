import GantryCore
import GantryModel
import GantryRPC
import GantryWire

/// `events.*`: what happened, with sequence numbers, so that nobody has to miss anything.
struct EventService: Sendable {
    let events: any EventLog

    var methods: [Method] { [subscribe] }

    private var subscribe: Method {
        Method(
            "events.subscribe", "Sends events as they happen; with `since`, those after that number first.",
            params: [
                Field("since", .integer, "A sequence number; only new events when absent."),
                Field("until", .integer, "End after this sequence number; never when absent."),
                Field("allNamespaces", .boolean, "Events of every namespace; false when absent."),
            ],
            result: "{}", item: "{sequence, time, namespace, topic, payload}", access: .read, mode: .stream
        ) { call in
            var position = call["since"]?.int ?? events.newestSequence
            let until = call["until"]?.int
            let namespace = call.flag("allNamespaces") ? nil : call.namespace
            while true {
                try call.checkCancelled()
                if let until, position >= until { return [:] }
                // Bounded waits, because a cancellation does not wake the log.
                guard events.wait(after: position, milliseconds: 250) else { continue }
                let newest = events.newestSequence
                let batch = try events.replay(since: position, namespace: namespace, limit: 256)
                for event in batch {
                    if let until, event.sequence > until { return [:] }
                    try call.send(item: Self.json(event))
                }
                // A batch that is not full has reached the newest, whatever namespaces it passed over.
                position = batch.count == 256 ? batch.last!.sequence : max(newest, batch.last?.sequence ?? 0)
            }
        }
    }

    private static func json(_ event: Event) -> JSON {
        [
            "sequence": .int(event.sequence), "time": .string(event.time.description),
            "namespace": .string(event.namespace), "topic": .string(event.topic), "payload": event.payload,
        ]
    }
}
