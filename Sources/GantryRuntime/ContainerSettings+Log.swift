package import GantryModel
package import GantryWire

extension ContainerSettings {
    /// Where a container's output is kept: Docker's log drivers and their options.
    package struct Log: Sendable, Equatable {
        package var driver = LogTarget.Driver.jsonFile
        /// As they were given: `max-size`, `max-file`, `mode`, `max-buffer-size`, `tag`, `labels`, `env`.
        package var options: [String: String] = [:]

        package init() {}

        /// So many bytes a file, and so many files, when nothing else is asked for: a container that is forgotten does not
        /// fill the disk.
        package static let standardSize: Int64 = 20_000_000
        package static let standardFiles: Int64 = 5
        /// Docker's `max-buffer-size`.
        package static let standardBuffer: Int64 = 1 << 20
        /// Less would be files of a few lines each, made all the time.
        private static let leastSize: Int64 = 4096
    }
}

extension ContainerSettings.Log {
    /// - Parameter request: the parameters of `containers.create`, or what `json` gave.
    /// - Throws: `.invalidArgument` naming the driver or option that there is not, and a right example.
    init(_ request: JSON) throws(GantryError) {
        if let name = request["logDriver"]?.string, !name.isEmpty {
            guard let driver = LogTarget.Driver(rawValue: name) else {
                throw Self.refusal("logDriver '\(name)' is not available: there are json-file, journald and none")
            }
            self.driver = driver
        }
        options = request["logOptions"]?.stringMap ?? [:]
        let own: [LogTarget.Driver: Set<String>] = [
            .jsonFile: ["max-size", "max-file", "mode", "max-buffer-size", "compress"],
            .journald: ["tag", "labels", "env", "mode", "max-buffer-size"], .none: [],
        ]
        for name in options.keys.sorted() where own[driver]?.contains(name) != true {
            throw Self.refusal("'\(driver.rawValue)' has no option '\(name)'")
        }
        if options["compress"] ?? "false" != "false" {
            throw Self.refusal("option 'compress' is not available; files that are rotated stay as they are")
        }
        guard ["blocking", "non-blocking"].contains(options["mode"] ?? "blocking") else {
            throw Self.refusal("option 'mode' is blocking or non-blocking, not '\(options["mode"] ?? "")'")
        }
        if options["max-buffer-size"] != nil, options["mode"] != "non-blocking" {
            throw Self.refusal("option 'max-buffer-size' needs mode=non-blocking beside it")
        }
        _ = try self.size("max-buffer-size", Self.standardBuffer)
        let (size, files) = (try maxSize, try maxFiles)
        guard size == 0 || size >= Self.leastSize else {
            throw Self.refusal("option 'max-size' is at least \(Self.leastSize) bytes, such as 10m, or -1 for no limit")
        }
        guard (1...60).contains(files) else {
            throw Self.refusal("option 'max-file' is 1 to 60, such as 5")
        }
        if options["max-file"] != nil, size == 0 {
            throw Self.refusal("option 'max-file' needs a max-size, such as 10m")
        }
    }

    private static func refusal(_ text: String) -> GantryError {
        GantryError(.invalidArgument, "create container: log: \(text)")
    }

    private func size(_ name: String, _ standard: Int64) throws(GantryError) -> Int64 {
        guard let text = options[name] else { return standard }
        guard let bytes = ByteCount.bytes(text), bytes > 0 else {
            throw Self.refusal("option '\(name)' is no size: '\(text)'; such as 10m")
        }
        return bytes
    }

    /// 0 is no limit.
    private var maxSize: Int64 {
        get throws(GantryError) { options["max-size"] == "-1" ? 0 : try size("max-size", Self.standardSize) }
    }

    private var maxFiles: Int64 {
        get throws(GantryError) {
            guard let text = options["max-file"] else { return Self.standardFiles }
            guard let count = Int64(text) else {
                throw Self.refusal("option 'max-file' is no number: '\(text)'; such as 5")
            }
            return count
        }
    }

    /// In the words of `containers.create`; null for what everybody has.
    var json: JSON {
        var object = JSONObject()
        if driver != .jsonFile { object["logDriver"] = .string(driver.rawValue) }
        object.put("logOptions", .map(options))
        return .object(object)
    }

    /// What the shim is told. `identity` is who the entries in a journal are of.
    package func target(path: String, _ identity: LogIdentity) throws(GantryError) -> LogTarget {
        let buffer = options["mode"] == "non-blocking" ? try size("max-buffer-size", Self.standardBuffer) : 0
        return LogTarget(
            driver: driver, path: path, maxSize: try maxSize, maxFiles: try maxFiles, bufferSize: buffer,
            fields: driver == .journald ? identity.fields(options) : [:])
    }
}

/// Who a log is of, for a journal that holds the logs of many.
package struct LogIdentity: Sendable {
    package var id: String
    package var name: String
    package var image: String
    package var labels: [String: String]
    package var env: [String]

    package init(id: String, name: String, image: String, labels: [String: String], env: [String]) {
        self.id = id
        self.name = name
        self.image = image
        self.labels = labels
        self.env = env
    }

    /// Docker's fields, so that what reads them there reads them here. Source: docs.docker.com, "Journald logging driver".
    func fields(_ options: [String: String]) -> [String: String] {
        let tag = options["tag"].map(expanded) ?? String(id.prefix(12))
        var fields = [
            "CONTAINER_ID": String(id.prefix(12)), "CONTAINER_ID_FULL": id, "CONTAINER_NAME": name,
            "CONTAINER_TAG": tag, "IMAGE_NAME": image, "SYSLOG_IDENTIFIER": tag,
        ]
        for key in (options["labels"] ?? "").split(separator: ",").map(String.init) {
            if let value = labels[key] { fields[Self.fieldName(key)] = value }
        }
        for key in (options["env"] ?? "").split(separator: ",").map(String.init) {
            guard let entry = env.first(where: { $0.hasPrefix(key + "=") }) else { continue }
            fields[Self.fieldName(key)] = String(entry.dropFirst(key.count + 1))
        }
        return fields
    }

    /// `{{.Name}}`, `{{.ID}}`, `{{.FullID}}` and `{{.ImageName}}` in a tag.
    private func expanded(_ tag: String) -> String {
        let values = [
            ("{{.Name}}", name), ("{{.ID}}", String(id.prefix(12))), ("{{.FullID}}", id), ("{{.ImageName}}", image),
        ]
        return values.reduce(tag) { $0.replacing($1.0, with: $1.1) }
    }

    /// Capitals, digits and underscores, and no underscore in front, which the journal keeps for itself.
    private static func fieldName(_ key: String) -> String {
        let name = String(
            decoding: key.uppercased().utf8.map { ($0 >= 65 && $0 <= 90) || ($0 >= 48 && $0 <= 57) ? $0 : 95 },
            as: UTF8.self)
        let trimmed = name.drop { $0 == "_" }
        return trimmed.first?.isNumber == true || trimmed.isEmpty ? "X_" + trimmed : String(trimmed)
    }
}
