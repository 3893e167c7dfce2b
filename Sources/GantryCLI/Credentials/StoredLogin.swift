import GantryModel
import GantryWire

/// What somebody logs in to a registry with.
struct StoredLogin: Equatable {
    var username = ""
    var password = ""
    /// Stands in place of the password where the registry gave one.
    var identityToken: String?
    /// Sent to the registry as it is; only ever read from the configuration.
    var registryToken: String?

    /// The user name by which docker's credential helpers say that the secret is an identity token.
    static let tokenUser = "<token>"

    /// The parameter `auth` of `images.pull`.
    var json: JSON {
        var object = JSONObject()
        if !username.isEmpty { object["username"] = .string(username) }
        if !password.isEmpty { object["password"] = .string(password) }
        object.put("identityToken", identityToken)
        object.put("registryToken", registryToken)
        return .object(object)
    }

    // MARK: In docker's configuration

    /// Reads an entry of `auths`; nil when it holds nothing to log in with, as an entry does that stands for a helper's.
    /// - Throws: a `Failure` when `auth` is not base64 of a name, a colon and a password.
    init?(entry: JSON, of key: String) throws(Failure) {
        username = entry["username"]?.string ?? ""
        password = entry["password"]?.string ?? ""
        if let auth = entry["auth"]?.string, !auth.isEmpty {
            guard let bytes = Base64.decode(auth), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
                throw Failure("the entry of '\(key)' in docker's configuration is damaged: its 'auth' is no login")
            }
            username = String(decoding: bytes[..<colon], as: UTF8.self)
            password = String(decoding: bytes[(colon + 1)...], as: UTF8.self)
        }
        identityToken = entry["identitytoken"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        registryToken = entry["registrytoken"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        if username.isEmpty, identityToken == nil, registryToken == nil { return nil }
    }

    init(username: String, password: String, identityToken: String? = nil) {
        self.username = username
        self.password = password
        self.identityToken = identityToken
    }

    /// The entry for `auths`. Members of `before` that are not of the login stay.
    func entry(replacing before: JSON?) -> JSON {
        var object = before?.object ?? [:]
        for key in ["username", "password", "identitytoken", "registrytoken"] { object[key] = nil }
        let secret = identityToken == nil ? password : ""
        object["auth"] = .string(Base64.encode(Array("\(username):\(secret)".utf8)))
        if let identityToken { object["identitytoken"] = .string(identityToken) }
        return .object(object)
    }
}
