import GantryCore
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire

/// `events.*`: what happened, with sequence numbers, so that nobody has to miss anything.
struct EventService: Sendable {
    let events: any EventLog
    let containers: any ContainerStore

    var methods: [Method] { [subscribe] }

    private var subscribe: Method {
        Method(
            "events.subscribe", "Sends events as they happen; with `since`, those after that number first.",
            params: [
                Field(
                    "since", .any,
                    "A sequence number, or a time: RFC 3339 or a length of time ago (10m); only new events when absent."
                ),
                Field("until", .any, "End after this sequence number, or at this time; never when absent."),
                EventFilters.field,
                Field("allNamespaces", .boolean, "Events of every namespace; false when absent."),
            ],
            result: "{}",
            item:
                "{sequence, time, namespace, topic, payload}; only {sequence} tells how far the log was read when no event fitted for a while.",
            errors: [.invalidArgument], access: .read, mode: .stream
        ) { call in
            let filters = try EventFilters(call, containers: containers)
            let from = try Self.time("since", call)
            let end = try Self.time("until", call)
            // What is asked for by its time is looked for from the beginning of what is kept.
            var position = call["since"]?.int ?? (from == nil ? events.newestSequence : events.oldestSequence - 1)
            let until = call["until"]?.int
            var told = position
            let namespace = call.flag("allNamespaces") ? nil : call.namespace
            while true {
                try call.checkCancelled()
                if let until, position >= until { return [:] }
                // Bounded waits, because a cancellation does not wake the log.
                let isOver = end.map { Clock.realtime >= $0.nanoseconds } ?? false
                guard events.wait(after: position, milliseconds: isOver ? 0 : 250) else {
                    if isOver { return [:] }
                    continue
                }
                let newest = events.newestSequence
                let batch = try events.replay(since: position, namespace: namespace, limit: 256)
                for event in batch {
                    if let until, event.sequence > until { return [:] }
                    if let end, event.time > end { return [:] }
                    if let from, event.time < from { continue }
                    guard filters.matches(event) else { continue }
                    try call.send(item: Self.json(event))
                    told = event.sequence
                }
                // A batch that is not full has reached the newest, whatever namespaces it passed over.
                position = batch.count == 256 ? batch.last!.sequence : max(newest, batch.last?.sequence ?? 0)
                // Who comes back after a break does not read again what does not fit.
                if position > told + 1024 {
                    try call.send(item: ["sequence": .int(position)])
                    told = position
                }
            }
        }
    }

    private static func time(_ name: String, _ call: Call) throws(GantryError) -> Timestamp? {
        switch call[name] {
        case nil, .null?, .int?: return nil
        case .string(let text)?:
            do throws(GantryError) {
                return try Timestamp(argument: text, now: Timestamp(nanoseconds: Clock.realtime))
            } catch {
                throw GantryError(.invalidArgument, "events.subscribe '\(name)': \(error.message)")
            }
        default:
            throw GantryError(.invalidArgument, "events.subscribe '\(name)': it is neither a number nor a time")
        }
    }

    private static func json(_ event: Event) -> JSON {
        [
            "sequence": .int(event.sequence), "time": .string(event.time.description),
            "namespace": .string(event.namespace), "topic": .string(event.topic), "payload": event.payload,
        ]
    }
}
