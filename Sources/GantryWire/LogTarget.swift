/// Where a shim puts what its container writes: a part of `task.json`.
package struct LogTarget: Sendable, Equatable {
    package enum Driver: String, Sendable, CaseIterable {
        /// Docker's lines of JSON, in files that are rotated.
        case jsonFile = "json-file"
        /// systemd's journal.
        case journald
        /// Nowhere.
        case none
    }

    package var driver: Driver
    /// Of the file that is written now; older ones have `.1`, `.2`, … behind.
    package var path: String
    /// Bytes after which a new file is begun; 0 for never.
    package var maxSize: Int64
    /// How many files there are, the one that is written included.
    package var maxFiles: Int64
    /// Bytes that wait in memory so that the container never does; what does not fit is lost and counted. 0 makes the
    /// container wait instead.
    package var bufferSize: Int64
    /// Fields of each entry in the journal.
    package var fields: [String: String]

    package init(
        driver: Driver, path: String, maxSize: Int64 = 0, maxFiles: Int64 = 1, bufferSize: Int64 = 0,
        fields: [String: String] = [:]
    ) {
        self.driver = driver
        self.path = path
        self.maxSize = maxSize
        self.maxFiles = maxFiles
        self.bufferSize = bufferSize
        self.fields = fields
    }

    /// Nil when a member is missing or means nothing.
    package init?(_ json: JSON) {
        guard let driver = json["driver"]?.string.flatMap(Driver.init(rawValue:)), let path = json["path"]?.string
        else { return nil }
        var fields = [String: String]()
        for (key, value) in json["fields"]?.object?.members ?? [] { fields[key] = value.string }
        self.init(
            driver: driver, path: path, maxSize: json["maxSize"]?.int ?? 0, maxFiles: json["maxFiles"]?.int ?? 1,
            bufferSize: json["bufferSize"]?.int ?? 0, fields: fields)
    }

    package var json: JSON {
        [
            "driver": .string(driver.rawValue), "path": .string(path), "maxSize": .int(maxSize),
            "maxFiles": .int(maxFiles), "bufferSize": .int(bufferSize),
            "fields": .object(JSONObject(fields.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ]
    }
}
