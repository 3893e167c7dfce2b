import GantrySystem
import GantryWire

/// The value of `-v`: `[SOURCE:]TARGET[:MODE,…]`.
enum VolumeOption {
    /// The mount that it asks for. A source that begins with a dot is relative to the current directory; without one,
    /// a new volume is mounted.
    static func parse(_ text: String) throws(Failure) -> JSON {
        func refuse(_ reason: String) -> Failure { Failure("volume '\(text)': \(reason)") }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3, parts.allSatisfy({ !$0.isEmpty }) else {
            throw refuse("it is not [SOURCE:]TARGET[:ro]")
        }
        let target = parts.count == 1 ? parts[0] : parts[1]
        guard target.hasPrefix("/") else { throw refuse("the target is not an absolute path") }
        guard target != "/" else { throw refuse("the target cannot be '/'") }
        var mount: JSONObject = ["target": .string(target)]
        if parts.count > 1 { mount["source"] = .string(try source(parts[0], refuse)) }
        let isBind = mount["source"]?.string?.hasPrefix("/") == true
        for mode in (parts.count == 3 ? parts[2] : "rw").split(separator: ",", omittingEmptySubsequences: false) {
            switch mode {
            case "rw": break
            case "ro": mount["readOnly"] = true
            case "nocopy" where !isBind: mount["copy"] = false
            case "private", "rprivate", "shared", "rshared", "slave", "rslave":
                guard isBind else { throw refuse("'\(mode)' is of directories of the host, and this is a volume") }
                mount["propagation"] = .string(String(mode))
            // Labels of SELinux, which this version does not set; and what only Docker Desktop heeds.
            case "z", "Z", "consistent", "cached", "delegated": break
            default: throw refuse("there is no mode '\(mode)'; there are ro, rw, nocopy and rprivate, rshared, rslave")
            }
        }
        return .object(mount)
    }

    /// A directory or file of the host by its absolute path.
    static func directory(_ text: String, _ refuse: (String) -> Failure) throws(Failure) -> String {
        if text.hasPrefix("/") { return text }
        if text == "." || text == ".." || text.hasPrefix("./") || text.hasPrefix("../") {
            return Path.currentDirectory() + "/" + text
        }
        throw refuse("'\(text)' is not an absolute path; begin it with / or ./")
    }

    private static func source(_ text: String, _ refuse: (String) -> Failure) throws(Failure) -> String {
        guard text.contains("/") || text == "." || text == ".." else { return text }
        // Docker reads a/b as a volume's name too, and refuses it; so does this.
        return try directory(text) { _ in
            refuse("'\(text)' is neither an absolute path nor a volume's name; begin it with ./")
        }
    }
}
