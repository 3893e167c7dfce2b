import GantryModel
import GantryWire

extension ContainerSettings {
    /// Which of the machine's, or of another container's, namespaces a container lives in instead of its own.
    ///
    /// Source: namespaces(7); the words are Docker's `--pid`, `--ipc` and `--uts`.
    package struct Namespaces: Sendable, Equatable {
        package enum Mode: Sendable, Equatable {
            case own
            /// The machine's.
            case host
            /// The one of the container with this id.
            case container(String)
            /// Own, and other containers may join it. IPC only.
            case shareable
            /// Own, and no /dev/shm. IPC only.
            case none
        }

        package var pid = Mode.own
        package var ipc = Mode.own
        package var uts = Mode.own

        package init() {}
    }
}

extension ContainerSettings.Namespaces.Mode {
    /// As it is asked for; `private` for a namespace of its own.
    package var text: String {
        switch self {
        case .own: "private"
        case .host: "host"
        case .container(let id): "container:" + id
        case .shareable: "shareable"
        case .none: "none"
        }
    }

    /// Whose, when it is another container's.
    package var container: String? { if case .container(let id) = self { id } else { nil } }

    /// Whether the runtime makes a new namespace.
    var isNew: Bool {
        switch self {
        case .own, .shareable, .none: true
        case .host, .container: false
        }
    }

    /// - Throws: `.invalidArgument` with the words that `option` knows.
    fileprivate init(_ text: String?, _ option: String, _ known: [String]) throws(GantryError) {
        switch text {
        case nil, "", "private": self = .own
        case "host": self = .host
        case "shareable" where known.contains("shareable"): self = .shareable
        case "none" where known.contains("none"): self = .none
        case let text? where text.hasPrefix("container:") && text.count > 10 && known.contains("container:NAME"):
            self = .container(String(text.dropFirst(10)))
        case let text?:
            throw GantryError(
                .invalidArgument,
                "create container: \(option) '\(text)' is none of \(known.joined(separator: ", "))")
        }
    }
}

extension ContainerSettings.Namespaces {
    /// - Parameter request: the parameters of `containers.create`, or what `json` gave.
    /// - Throws: `.invalidArgument` for a word that is none.
    init(_ request: JSON) throws(GantryError) {
        pid = try Mode(request["pid"]?.string, "pid", ["private", "host", "container:NAME"])
        ipc = try Mode(
            request["ipc"]?.string, "ipc", ["private", "none", "shareable", "host", "container:NAME"])
        uts = try Mode(request["uts"]?.string, "uts", ["private", "host"])
    }

    /// What differs from a container's own, in the words of `containers.create`.
    var json: JSON {
        var object = JSONObject()
        for (name, mode) in [("pid", pid), ("ipc", ipc), ("uts", uts)] where mode != .own {
            object[name] = .string(mode.text)
        }
        return .object(object)
    }
}
