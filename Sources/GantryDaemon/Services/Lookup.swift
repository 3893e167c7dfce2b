import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantryWire

/// Turns what callers say into what services work on.
extension Call {
    /// The string parameter, nil when absent.
    func text(_ name: String) -> String? { self[name]?.string }
    /// The platform of parameter `platform`, completed by this machine's; nil when absent.
    func platform(host: Platform) throws(GantryError) -> Platform? {
        guard let text = text("platform") else { return nil }
        return try Platform(text, host: host)
    }
    /// The flag, `standard` when absent.
    func flag(_ name: String, _ standard: Bool = false) -> Bool { self[name]?.bool ?? standard }
    /// A map of strings, as labels are.
    func labels(_ name: String = "labels") -> Labels {
        var labels = Labels()
        for member in self[name]?.object?.members ?? [] { labels[member.key] = member.value.string }
        return labels
    }
}

extension ContainerRecord {
    var key: TaskKey { TaskKey(namespace: namespace, id: id.text) }
}

/// Fields that many methods share, with one wording.
enum CommonField {
    static let container = Field("container", .string, required: true, "Id, unique prefix of an id, or name.")
    static let image = Field("image", .string, required: true, "Name, id or unique prefix of an id.")
    static let stopTimeout = Field(
        "timeout", .integer, "Seconds before the kill; -1 waits for ever; the container's own when absent.")
    static let stopSignal = Field("signal", .string, "What asks it to end; the container's own when absent.")
    static let labels = Field("labels", .map(.string), "Labels.")
    static let platform = Field("platform", .string, "os/architecture[/variant]; this machine's when absent.")
    static let driver = Field("driver", .string, "Snapshotter; the configured one when absent.")
}
