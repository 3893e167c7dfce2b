package import GantryModel
package import GantryWire

/// What a client sends to be let in by a registry. Lives as long as the call that brought it: never stored, never logged.
///
/// The members are those of docker's `X-Registry-Auth`. At most one way is used: a registry token is sent as it is, an
/// identity token is exchanged for one, else user name and password are.
package struct RegistryCredentials: JSONConvertible, Equatable {
    /// Empty when only a token is given.
    package var username: String
    package var password: String
    /// A refresh token of the registry's token service, which an earlier login gave instead of keeping the password.
    package var identityToken: String?
    /// A bearer token that the registry itself takes.
    package var registryToken: String?

    /// Takes what the client has.
    package init(
        username: String = "", password: String = "", identityToken: String? = nil, registryToken: String? = nil
    ) {
        self.username = username
        self.password = password
        self.identityToken = identityToken
        self.registryToken = registryToken
    }

    /// Reads `{username?, password?, identityToken?, registryToken?}`.
    /// - Throws: `.invalidArgument` for another member, another type, and characters that no header could carry.
    package init(json: JSON) throws(GantryError) {
        let fields = try JSONFields(json, of: "registry credentials")
        let known: Set<String> = ["username", "password", "identityToken", "registryToken"]
        if let other = fields.object.members.first(where: { !known.contains($0.key) }) {
            throw GantryError(.invalidArgument, "read registry credentials: unknown field '\(other.key)'")
        }
        self.init(
            username: try fields.optionalString("username") ?? "",
            password: try fields.optionalString("password") ?? "",
            identityToken: try Self.token(fields, "identityToken"),
            registryToken: try Self.token(fields, "registryToken"))
        guard !username.utf8.contains(UInt8(ascii: ":")) else {
            throw GantryError(.invalidArgument, "read registry credentials: a user name cannot contain ':'")
        }
    }

    /// The object that `init(json:)` reads; absent members are left out.
    package var json: JSON {
        var object = JSONObject()
        if !username.isEmpty { object["username"] = .string(username) }
        if !password.isEmpty { object["password"] = .string(password) }
        object.put("identityToken", identityToken)
        object.put("registryToken", registryToken)
        return .object(object)
    }

    private static func token(_ fields: JSONFields, _ name: String) throws(GantryError) -> String? {
        guard let text = try fields.optionalString(name), !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw GantryError(.invalidArgument, "read registry credentials: field '\(name)' is no token")
        }
        return text
    }
}

extension RegistryCredentials: CustomStringConvertible, CustomReflectable {
    /// Whose they are, and no more: a value that ends in a message or a log must not tell a secret.
    package var description: String { "credentials of '\(username)'" }
    package var customMirror: Mirror { Mirror(self, children: ["username": username]) }
}
