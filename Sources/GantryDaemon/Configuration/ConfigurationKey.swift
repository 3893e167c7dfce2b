import GantryModel
import TOMLKit

/// One key of `gantry.toml`: where it stands, and how it is put into a `Configuration`.
struct ConfigurationKey: Sendable {
    /// As in the file: `section.name`, or `name` in the part before the first section.
    let path: String
    /// "a string", for messages.
    let wanted: String
    /// False when the value is of another type or out of range.
    let set: @Sendable (inout Configuration, any TOMLValueConvertible) -> Bool
    /// The current value as it would stand in the file.
    let show: @Sendable (Configuration) -> String

    static let all: [ConfigurationKey] = [
        text("root", \.root), text("state", \.state),
        choice(
            "log_level", \.logLevel, ["trace", "debug", "info", "notice", "warning", "error", "critical"]),
        text("snapshotter", \.snapshotter), text("runtime", \.runtime),
        choice("cgroup_driver", \.cgroupDriver, ["auto", "cgroupfs", "systemd"]),
        texts("required_plugins", \.requiredPlugins),
        text("plugins.directory", \.pluginsDirectory),
        text("socket.group", \.group), text("socket.readonly_group", \.readOnlyGroup),
        flag("socket.readonly_shows_content", \.readOnlyShowsContent),
        number("limits.layer_size", \.layerSize, 1...Int64.max),
        number("limits.connections", \.connections, 1...16_384),
        number("limits.threads", \.threads, 2...1024),
        number("limits.events", \.events, 1...10_000_000),
        text("registry.hosts_dir", \.hostsDirectory),
        number("registry.connect_timeout", \.registryConnectTimeout, 1...3600),
        number("registry.stall_timeout", \.registryStallTimeout, 1...3600),
        number("registry.attempts", \.registryAttempts, 1...100),
        number("registry.max_concurrent_downloads", \.concurrentDownloads, 1...64),
        choice("snapshotters.btrfs.quota", \.btrfsQuota, ["off", "simple", "full"]),
        number("containers.stop_timeout", \.stopTimeout, 0...86_400),
        number("containers.userns_first", \.userIDs, 1...4_294_900_000),
        number("containers.userns_count", \.userIDCount, 65_536...4_294_900_000),
    ]

    private typealias Path<Value> = WritableKeyPath<Configuration, Value> & Sendable

    private static func text(_ path: String, _ key: any Path<String>) -> ConfigurationKey {
        ConfigurationKey(
            path: path, wanted: "a string that is not empty",
            set: { configuration, value in
                guard value.type == .string, let text = value.string, !text.isEmpty else { return false }
                configuration[keyPath: key] = text
                return true
            }, show: { "\"\($0[keyPath: key])\"" })
    }

    private static func choice(_ path: String, _ key: any Path<String>, _ choices: [String]) -> ConfigurationKey {
        ConfigurationKey(
            path: path, wanted: "one of " + choices.joined(separator: ", "),
            set: { configuration, value in
                guard value.type == .string, let text = value.string, choices.contains(text) else { return false }
                configuration[keyPath: key] = text
                return true
            }, show: { "\"\($0[keyPath: key])\"" })
    }

    private static func texts(_ path: String, _ key: any Path<[String]>) -> ConfigurationKey {
        ConfigurationKey(
            path: path, wanted: "a list of strings",
            set: { configuration, value in
                guard value.type == .array, let array = value.array else { return false }
                let texts = array.compactMap { $0.type == .string ? $0.string : nil }
                guard texts.count == array.count else { return false }
                configuration[keyPath: key] = texts
                return true
            }, show: { "[" + $0[keyPath: key].map { "\"\($0)\"" }.joined(separator: ", ") + "]" })
    }

    private static func flag(_ path: String, _ key: any Path<Bool>) -> ConfigurationKey {
        ConfigurationKey(
            path: path, wanted: "true or false",
            set: { configuration, value in
                guard value.type == .bool, let flag = value.bool else { return false }
                configuration[keyPath: key] = flag
                return true
            }, show: { "\($0[keyPath: key])" })
    }

    private static func number(_ path: String, _ key: any Path<Int64>, _ range: ClosedRange<Int64>) -> ConfigurationKey
    {
        ConfigurationKey(
            path: path, wanted: "an integer from \(range.lowerBound) to \(range.upperBound)",
            set: { configuration, value in
                guard value.type == .int, let number = value.int, range.contains(Int64(number)) else { return false }
                configuration[keyPath: key] = Int64(number)
                return true
            }, show: { "\($0[keyPath: key])" })
    }
}
