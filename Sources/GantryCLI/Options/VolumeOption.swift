import GantrySystem
import GantryWire

/// The value of `-v`: `SOURCE:TARGET[:ro|rw]`.
enum VolumeOption {
    /// The mount that it asks for. A source that begins with a dot is relative to the current directory.
    static func parse(_ text: String) throws(Failure) -> JSON {
        func refuse(_ reason: String) -> Failure { Failure("volume '\(text)': \(reason)") }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1 else {
            throw refuse("anonymous volumes are not available in this version; write SOURCE:TARGET[:ro]")
        }
        guard parts.count <= 3, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw refuse("it is not SOURCE:TARGET[:ro]")
        }
        guard parts[1].hasPrefix("/") else { throw refuse("the target is not an absolute path") }
        guard parts[1] != "/" else { throw refuse("the target cannot be '/'") }
        var mount: JSONObject = ["source": .string(try source(parts[0], refuse)), "target": .string(parts[1])]
        for option in (parts.count == 3 ? parts[2] : "rw").split(separator: ",", omittingEmptySubsequences: false) {
            switch option {
            case "rw": break
            case "ro": mount["readOnly"] = true
            default: throw refuse("mode '\(option)' is neither 'ro' nor 'rw', and no other exists in this version")
            }
        }
        return .object(mount)
    }

    private static func source(_ text: String, _ refuse: (String) -> Failure) throws(Failure) -> String {
        if text.hasPrefix("/") { return text }
        if text == "." || text == ".." || text.hasPrefix("./") || text.hasPrefix("../") {
            return Path.currentDirectory() + "/" + text
        }
        // Docker reads a/b as a volume's name too, and refuses it; so does this.
        guard !text.contains("/") else {
            throw refuse("'\(text)' is neither an absolute path nor a volume's name; begin it with ./")
        }
        return text
    }
}
