import GantryCore
import GantryModel
import GantryRPC
import GantryWire

/// Which events a subscriber wants: `{"event": ["die", "oom"], "container": ["web"]}`.
///
/// As docker's: values of one name are alternatives, names must all match. What is not known is refused.
struct EventFilters {
    static let field = Field(
        "filters", .map(.array(.string)),
        "{name: [values]}: type (container), event (die), container (a name or the beginning of an id), image, label (key or key=value)."
    )

    private var wanted: [String: [String]] = [:]
    private let containers: any ContainerStore

    init(_ call: Call, containers: any ContainerStore) throws(GantryError) {
        self.containers = containers
        for member in call["filters"]?.object?.members ?? [] {
            guard ["type", "event", "container", "image", "label"].contains(member.key) else {
                throw GantryError(
                    .invalidArgument,
                    "filter events by '\(member.key)': there are type, event, container, image and label")
            }
            wanted[member.key] = (member.value.array ?? []).compactMap(\.string)
        }
    }

    func matches(_ event: Event) -> Bool {
        let parts = event.topic.split(separator: ".", maxSplits: 1).map(String.init)
        return wanted.allSatisfy { name, values in
            values.isEmpty
                || values.contains { value in
                    switch name {
                    case "type": parts.first == value
                    case "event": parts.count == 2 && parts[1] == value
                    case "container": isAbout(event, value)
                    case "image": image(event) == value
                    default: hasLabel(event, value)
                    }
                }
        }
    }

    private func isAbout(_ event: Event, _ container: String) -> Bool {
        guard event.topic.hasPrefix("container.") else { return false }
        return event.payload["name"]?.string == container || event.payload["oldName"]?.string == container
            || event.payload["id"]?.string?.hasPrefix(container) == true
    }

    private func record(_ event: Event) -> ContainerRecord? {
        guard let id = event.payload["id"]?.string, let id = try? ContainerID(id) else { return nil }
        return try? containers.container(namespace: event.namespace, id: id)
    }

    private func image(_ event: Event) -> String? {
        event.payload["image"]?.string ?? record(event)?.image
    }

    /// Labels are the container's as it is; one that is gone has none any more.
    private func hasLabel(_ event: Event, _ wanted: String) -> Bool {
        guard let labels = record(event)?.labels else { return false }
        let parts = wanted.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let value = labels[parts[0]] else { return false }
        return parts.count == 1 || parts[1] == value
    }
}
