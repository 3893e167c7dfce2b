import GantryModel
import GantryWire

/// The value of `--mount`: `KEY=VALUE` and words, separated by commas.
///
/// Source: Docker's documentation of `--mount`; a field is quoted as in CSV (RFC 4180).
struct MountOption {
    private let text: String
    private var type = "volume"
    private var mount = JSONObject()
    private var options: [JSON] = []
    /// Keys that belong to one type only, with that type.
    private var owners: [(key: String, type: String)] = []

    /// The mount that it asks for.
    static func parse(_ text: String) throws(Failure) -> JSON {
        var option = MountOption(text: text)
        for field in try option.fields() { try option.take(field) }
        return try option.finish()
    }

    private init(text: String) { self.text = text }

    private func refuse(_ reason: String) -> Failure { Failure("mount '\(text)': \(reason)") }

    private func fields() throws(Failure) -> [String] {
        var fields = [""]
        var isQuoted = false
        var previous: Character?
        for character in text {
            switch character {
            case "\"":
                // A doubled quote within quotes is one.
                if !isQuoted, previous == "\"" { fields[fields.count - 1].append("\"") }
                isQuoted.toggle()
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
            previous = character
        }
        if isQuoted { throw refuse("a quote is not closed") }
        return fields
    }

    private mutating func take(_ field: String) throws(Failure) {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let key = parts[0].lowercased()
        let value = parts.count == 2 ? parts[1] : nil
        switch key {
        case "readonly", "ro": mount["readOnly"] = .bool(try flag(key, value))
        case "volume-nocopy":
            mount["copy"] = .bool(!(try flag(key, value)))
            owners.append((key, "volume"))
        case "bind-nonrecursive":
            mount["recursive"] = .bool(!(try flag(key, value)))
            owners.append((key, "bind"))
        default:
            guard let value, !value.isEmpty else { throw refuse("'\(field)' is not KEY=VALUE") }
            try take(key, value)
        }
    }

    private mutating func take(_ key: String, _ value: String) throws(Failure) {
        switch key {
        case "type":
            guard ["bind", "volume", "tmpfs"].contains(value.lowercased()) else {
                throw refuse("type '\(value)' is none of bind, volume, tmpfs")
            }
            type = value.lowercased()
        case "source", "src": mount["source"] = .string(value)
        case "target", "destination", "dst": mount["target"] = .string(value)
        case "bind-propagation":
            mount["propagation"] = .string(value)
            owners.append((key, "bind"))
        case "bind-recursive":
            guard ["enabled", "disabled"].contains(value) else {
                throw refuse("\(key)=\(value) is not available in this version; there are enabled and disabled")
            }
            mount["recursive"] = .bool(value == "enabled")
            owners.append((key, "bind"))
        case "tmpfs-size":
            guard let bytes = ByteCount.bytes(value) else { throw refuse("'\(value)' is no size, such as 64m") }
            options.append(.string("size=\(bytes)"))
            owners.append((key, "tmpfs"))
        case "tmpfs-mode":
            guard let mode = UInt32(value, radix: 8), mode <= 0o7777 else {
                throw refuse("'\(value)' is no mode, such as 1777")
            }
            options.append(.string("mode=" + String(mode, radix: 8)))
            owners.append((key, "tmpfs"))
        case "consistency": break  // What Docker Desktop does with shared folders; Linux has nothing to choose.
        case "volume-driver" where value == "local": break
        case "volume-driver", "volume-opt", "volume-label", "volume-subpath":
            throw refuse("'\(key)' is not available in this version")
        default: throw refuse("unknown key '\(key)'")
        }
    }

    private func flag(_ key: String, _ value: String?) throws(Failure) -> Bool {
        switch value?.lowercased() {
        case nil, "1", "true", "t": return true
        case "0", "false", "f": return false
        default: throw refuse("\(key)='\(value ?? "")' is neither true nor false")
        }
    }

    private consuming func finish() throws(Failure) -> JSON {
        guard let target = mount["target"]?.string else { throw refuse("a target is needed") }
        guard target.hasPrefix("/"), target != "/" else { throw refuse("the target is not an absolute path below /") }
        for owner in owners where owner.type != type {
            throw refuse("'\(owner.key)' is of mounts of type \(owner.type), and this is a \(type)")
        }
        mount["type"] = .string(type)
        if !options.isEmpty { mount["options"] = .array(options) }
        switch (type, mount["source"]?.string) {
        case ("bind", nil): throw refuse("a bind needs a source")
        case ("bind", let source?):
            mount["source"] = .string(try VolumeOption.directory(source, refuse))
            mount["createSource"] = false
        case ("tmpfs", _?): throw refuse("a tmpfs has no source")
        default: break
        }
        return .object(mount)
    }
}
