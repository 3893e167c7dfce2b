/// What an OCI runtime writes with `--log-format json`: an object a line.
package enum RuntimeLog {
    /// The last message; nil when there is none.
    package static func lastMessage(_ bytes: [UInt8]) -> String? {
        for line in bytes.split(separator: UInt8(ascii: "\n")).reversed() {
            if let entry = try? JSON.parse(Array(line)), let message = entry["msg"]?.string { return message }
        }
        return nil
    }
}
