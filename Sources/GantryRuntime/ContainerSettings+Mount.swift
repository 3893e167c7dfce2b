import GantryModel
import GantryWire

extension ContainerSettings {
    /// What is mounted over a container's root: a directory or file of the host, a volume, or memory.
    package struct Mount: Sendable, Equatable {
        package enum Kind: String, Sendable { case bind, volume, tmpfs }

        /// Which mounts made later, on either side, the other side sees too: the kernel's words (mount_namespaces(7)).
        package enum Propagation: String, Sendable, CaseIterable {
            case `private`, rprivate, shared, rshared, slave, rslave
        }

        /// Where every container has something mounted, whatever its settings.
        package static let places = ["/proc", "/dev", "/sys", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"]

        package var kind: Kind
        /// On the host, absolute; empty for memory.
        package var source: String
        /// In the container, absolute.
        package var target: String
        package var readOnly = false
        /// The volume's name as it was given, empty when it was drawn; nil for what is no volume.
        package var volume: String?
        /// `rprivate` when nil. Of binds only.
        package var propagation: Propagation?
        /// Whether mounts below the source come along. Of binds only.
        package var isRecursive = true
        /// Whether a source that is not there is made, a directory, as `-v` does and `--mount` does not.
        package var makesSource = true
        /// Whether an empty volume is filled with what the image has at its place.
        package var isFilled = true
        /// What memory is mounted with beside the defaults: `size=64m`, `exec`.
        package var options: [String] = []

        package init(source: String, target: String, readOnly: Bool = false, volume: String? = nil) {
            kind = volume == nil ? .bind : .volume
            self.source = source
            self.target = target
            self.readOnly = readOnly
            self.volume = volume
        }

        /// Memory.
        package init(tmpfs target: String, options: [String]) {
            kind = .tmpfs
            source = ""
            self.target = target
            self.options = options
        }
    }
}

extension ContainerSettings.Mount {
    /// As it is stored: the fields of `containers.create`, with the volume's name beside its directory.
    var json: JSON {
        var object: JSONObject = ["type": .string(kind.rawValue), "target": .string(target)]
        if kind != .tmpfs { object["source"] = .string(source) }
        if readOnly { object["readOnly"] = true }
        object.put("volume", volume)
        object.put("propagation", propagation?.rawValue)
        if !isRecursive { object["recursive"] = false }
        if !makesSource { object["createSource"] = false }
        if !isFilled { object["copy"] = false }
        object.put("options", .strings(options))
        return .object(object)
    }

    init(stored json: JSON) throws(GantryError) {
        guard let target = json["target"]?.string else {
            throw GantryError(.dataLoss, "read container settings: a mount has no 'target'")
        }
        self.init(
            source: json["source"]?.string ?? "", target: target, readOnly: json["readOnly"]?.bool ?? false,
            volume: json["volume"]?.string)
        if let kind = json["type"]?.string.flatMap(Kind.init(rawValue:)) { self.kind = kind }
        takeDetails(json)
    }

    private mutating func takeDetails(_ json: JSON) {
        propagation = json["propagation"]?.string.flatMap(Propagation.init(rawValue:))
        isRecursive = json["recursive"]?.bool ?? true
        makesSource = json["createSource"]?.bool ?? true
        isFilled = json["copy"]?.bool ?? true
        options = (json["options"]?.array ?? []).compactMap(\.string)
    }

    /// One of the mounts that `containers.create` asks for.
    ///
    /// - Parameter volumeSource: makes the volume of this name (nil: a new one) and gives its directory.
    /// - Throws: `.invalidArgument` naming what makes no sense.
    init(
        request json: JSON, volumeSource: (String?, String) throws(GantryError) -> String
    ) throws(GantryError) {
        for member in json.object?.members ?? [] where Self.fields[member.key] == nil {
            throw GantryError(.invalidArgument, "create container: unknown field 'mounts.\(member.key)'")
        }
        guard let given = json["target"]?.string else {
            throw GantryError(.invalidArgument, "create container: a mount needs a 'target'")
        }
        let target = ContainerSettings.clean(given)
        func refuse(_ reason: String) -> GantryError {
            GantryError(.invalidArgument, "create container: mount '\(given)': \(reason)")
        }
        guard target.hasPrefix("/"), target != "/" else { throw refuse("the target is not an absolute path below /") }
        let source = json["source"]?.string
        let kind = try Self.kind(json["type"]?.string, source, refuse)
        for member in json.object?.members ?? [] where Self.fields[member.key]?.contains(kind) == false {
            throw refuse("a mount of type \(kind.rawValue) has no '\(member.key)'")
        }
        switch kind {
        case .tmpfs: self.init(tmpfs: target, options: [])
        case .bind:
            guard let source, source.hasPrefix("/") else { throw refuse("a bind needs an absolute 'source'") }
            self.init(source: source, target: target)
        case .volume:
            if let source { try ContainerName.validate(source) }
            self.init(source: try volumeSource(source, target), target: target, volume: source ?? "")
        }
        readOnly = json["readOnly"]?.bool ?? false
        takeDetails(json)
        if let text = json["propagation"]?.string, propagation == nil {
            let known = Propagation.allCases.map(\.rawValue).joined(separator: ", ")
            throw refuse("propagation '\(text)' is none of \(known)")
        }
        for option in options { try TmpfsOption.check(option, refuse) }
    }

    /// The fields, and the kinds of mounts that have each.
    private static let fields: [String: Set<Kind>] = [
        "type": [.bind, .volume, .tmpfs], "source": [.bind, .volume], "target": [.bind, .volume, .tmpfs],
        "readOnly": [.bind, .volume, .tmpfs], "propagation": [.bind], "recursive": [.bind], "createSource": [.bind],
        "copy": [.volume], "options": [.tmpfs],
    ]

    /// Without a type, a source that is a path is bound, and everything else is a volume.
    private static func kind(
        _ text: String?, _ source: String?, _ refuse: (String) -> GantryError
    ) throws(GantryError) -> Kind {
        guard let text else { return source?.hasPrefix("/") == true ? .bind : .volume }
        guard let kind = Kind(rawValue: text) else { throw refuse("type '\(text)' is none of bind, volume, tmpfs") }
        return kind
    }

    /// The entry in `mounts` of an OCI configuration.
    var specification: JSON {
        guard kind == .tmpfs else {
            let binding = isRecursive ? "rbind" : "bind"
            // Only `private`: crun takes the r of `rprivate` for the bind's as well.
            let standard: Propagation = isRecursive ? .rprivate : .private
            let options = [binding, (propagation ?? standard).rawValue, readOnly ? "ro" : "rw"]
            return DefaultSpec.mount(target, "bind", source, options)
        }
        return DefaultSpec.mount(
            target, "tmpfs", "tmpfs", TmpfsOption.effective(options) + (readOnly ? ["ro"] : []))
    }
}

/// The options that a tmpfs may be mounted with.
///
/// Source: tmpfs(5), mount(8); which of them are let through is Docker's choice.
enum TmpfsOption {
    /// Opposites: the later one wins.
    private static let flags = [
        ["ro", "rw"], ["suid", "nosuid"], ["dev", "nodev"], ["exec", "noexec"], ["sync", "async"], ["dirsync"],
        ["atime", "noatime", "relatime", "strictatime"], ["diratime", "nodiratime"], ["norelatime"], ["nostrictatime"],
    ]

    /// Whether a value is one that the kernel takes for the key; nil for a key that tmpfs does not have.
    private static func accepts(_ key: String, _ value: String) -> Bool? {
        let digits = value.allSatisfy { $0.isASCII && $0.isWholeNumber } && !value.isEmpty
        switch key {
        case "size" where value.hasSuffix("%"):
            return Int(value.dropLast()).map { (1...100).contains($0) } ?? false
        case "size", "nr_inodes", "nr_blocks":
            let number = "kmgtpe".contains(value.last?.lowercased() ?? " ") ? value.dropLast() : value[...]
            return UInt64(number) != nil
        case "mode": return UInt32(value, radix: 8).map { $0 <= 0o7777 } ?? false
        case "uid", "gid": return digits && UInt32(value) != nil
        case "mpol": return !value.isEmpty && value.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ",") }
        case "huge": return ["never", "always", "within_size", "advise"].contains(value)
        default: return nil
        }
    }

    /// - Throws: what `refuse` makes of an option that is unknown.
    static func check(_ option: String, _ refuse: (String) -> GantryError) throws(GantryError) {
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2 {
            guard let isRight = accepts(parts[0], parts[1]) else { throw refuse("tmpfs has no option '\(parts[0])'") }
            guard isRight else {
                throw refuse(
                    "tmpfs option '\(option)': '\(parts[1])' is none; size=64m, mode=1777 and uid=1000 are right")
            }
        } else if !flags.contains(where: { $0.contains(option) }) {
            throw refuse("tmpfs has no option '\(option)'")
        }
    }

    /// The defaults, and what was given in their place or beside them.
    static func effective(_ given: [String]) -> [String] {
        var result = ["nosuid", "nodev", "noexec"]
        for option in given {
            let opposites = flags.first { $0.contains(option) } ?? []
            let key = option.firstIndex(of: "=").map { option[...$0] }
            result.removeAll { opposites.contains($0) || key.map($0.hasPrefix) == true }
            result.append(option)
        }
        return result
    }
}
