public import GantryModel
public import GantryWire

/// One mount to make, as data: drivers answer it, shims and unpackers carry it out, and it travels as JSON.
///
/// The words are those of mount(8): `type` and `source`, and `options` that are flags (`ro`, `rbind`, `nosuid`) or belong
/// to the file system (`lowerdir=…`). For overlayfs all lower directories stand in one `lowerdir=` option, top first,
/// separated by colons, however many there are: `apply` finds the call that can take them.
public struct Mount: Sendable, Equatable {
    /// The file system, or `bind`.
    public var type: String
    /// What is mounted; for `bind` a directory or file of the host.
    public var source: String
    /// Where, below the root that is being put together; empty for the root itself.
    public var target: String
    /// Flags and options of the file system, as in mount(8).
    public var options: [String]

    /// Describes a mount.
    public init(type: String, source: String, target: String = "", options: [String] = []) {
        self.type = type
        self.source = source
        self.target = target
        self.options = options
    }

    /// A directory of the host as it is, writable or not.
    public static func bind(_ source: String, readOnly: Bool) -> Mount {
        Mount(type: "bind", source: source, options: ["rbind", readOnly ? "ro" : "rw"])
    }

    /// Whether the mount refuses writes.
    public var isReadOnly: Bool { options.contains("ro") }

    /// `{"type", "source", "target", "options"}`; `target` is left out when empty.
    public var json: JSON {
        var object: JSONObject = ["type": .string(type), "source": .string(source)]
        if !target.isEmpty { object["target"] = .string(target) }
        object["options"] = .array(options.map { .string($0) })
        return .object(object)
    }

    /// Reads what `json` wrote.
    /// - Throws: `.invalidArgument` naming the field.
    public init(json: JSON) throws(GantryError) {
        guard let type = json["type"]?.string, let source = json["source"]?.string else {
            throw GantryError(.invalidArgument, "read mount: 'type' or 'source' is missing or no string")
        }
        var options: [String] = []
        for option in json["options"]?.array ?? [] {
            guard let text = option.string else {
                throw GantryError(.invalidArgument, "read mount: 'options' holds something that is no string")
            }
            options.append(text)
        }
        self.init(type: type, source: source, target: json["target"]?.string ?? "", options: options)
    }
}
