package import GantryWire

/// What a plugin says of itself: its answer to `plugin.describe`.
package struct PluginDescription: Sendable, Equatable {
    /// Such as `snapshotter.v1`.
    package var kind: String
    package var name: String
    /// The plugin's own version, for people.
    package var version: String
    /// What it can do beyond the contract of its kind: words that the kind defines.
    package var capabilities: [String]
    /// What others may want to know of it, by name: `root`, say.
    package var exports: [String: String]

    package init(
        kind: String, name: String, version: String = "", capabilities: [String] = [], exports: [String: String] = [:]
    ) {
        self.kind = kind
        self.name = name
        self.version = version
        self.capabilities = capabilities
        self.exports = exports
    }

    /// Reads the answer.
    /// - Throws: `Nonsense` naming the member at fault.
    package init(json: JSON) throws(Nonsense) {
        guard let kind = json["kind"]?.string else { throw Nonsense("'kind' is missing or no string") }
        guard let name = json["name"]?.string else { throw Nonsense("'name' is missing or no string") }
        var exports: [String: String] = [:]
        for member in json["exports"]?.object?.members ?? [] {
            guard let text = member.value.string else { throw Nonsense("'exports.\(member.key)' is no string") }
            exports[member.key] = text
        }
        var capabilities: [String] = []
        for word in json["capabilities"]?.array ?? [] {
            guard let text = word.string else { throw Nonsense("'capabilities' holds something that is no string") }
            capabilities.append(text)
        }
        self.init(
            kind: kind, name: name, version: json["version"]?.string ?? "", capabilities: capabilities,
            exports: exports)
    }
}
