import GantryModel
import GantryWire

/// Asks the token service that a registry's challenge names for a bearer token.
///
/// Sources: docker's "Token Authentication Specification" (GET with basic authentication) and "OAuth2 Token
/// Authentication" (POST of a refresh token).
struct TokenRequest {
    let realm: WebAddress
    let service: String?
    /// Rights, separated by spaces: `repository:library/busybox:pull`. Empty for a login, which needs none.
    let scope: String
    let credentials: RegistryCredentials?
    /// Whether a refresh token is wanted as well, to be kept in place of the password.
    var offline = false

    /// What a token service gave.
    struct Token: Sendable {
        var text: String
        /// Seconds from now that it is good for.
        var lifetime: Int64
        var refresh: String?
    }

    private static let limit = 1 << 20
    private static let client = "gantry"

    /// Cost: one request.
    /// - Throws: `TransferFault`; `RegistryRefusal` for a status of failure; `.dataLoss` for an answer that is none.
    func send(over transport: Transport) throws -> Token {
        let (head, bytes) = try transport.document(request, limit: Self.limit)
        guard head.isSuccess else { throw RegistryRefusal(.token, head) }
        return try Self.token(bytes, from: realm.authority)
    }

    var request: HTTPRequest {
        var fields = [(String, String)]()
        if let service { fields.append(("service", service)) }
        if let refresh = credentials?.identityToken {
            if !scope.isEmpty { fields.append(("scope", scope)) }
            fields += [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", Self.client)]
            return HTTPRequest(address: realm, headers: [("Accept", "application/json")], form: Self.encode(fields))
        }
        // A scope a parameter, as the specification has it.
        fields += scope.split(separator: " ").map { ("scope", String($0)) }
        var authorization: String?
        if let credentials, !credentials.username.isEmpty {
            fields.append(("account", credentials.username))
            authorization = BasicAuthorization.header(credentials)
        }
        if offline { fields += [("offline_token", "true"), ("client_id", Self.client)] }
        var address = realm
        if !fields.isEmpty {
            let query = Self.encode(fields)
            let separator = realm.rest.contains("?") ? "&" : "?"
            address = WebAddress(realm.description + separator + query) ?? realm
        }
        return HTTPRequest(address: address, headers: [("Accept", "application/json")], authorization: authorization)
    }

    private static func token(_ bytes: [UInt8], from host: String) throws(GantryError) -> Token {
        func failure(_ reason: String) -> GantryError {
            GantryError(.dataLoss, "read token of '\(host)': \(reason)")
        }
        let json: JSON
        do throws(JSONError) { json = try JSON.parse(bytes) } catch { throw failure("the answer is not JSON") }
        guard let text = (json["token"]?.string).flatMap({ $0.isEmpty ? nil : $0 }) ?? json["access_token"]?.string,
            isToken(text)
        else { throw failure("the answer holds no token") }
        let refresh = json["refresh_token"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        if let refresh, !isToken(refresh) { throw failure("the answer's refresh token is none") }
        // Sixty seconds are what the specification gives a token that says nothing, and the least that one may have.
        let lifetime = min(max(json["expires_in"]?.int ?? 60, 60), 1 << 31)
        return Token(text: text, lifetime: lifetime, refresh: refresh)
    }

    /// Whether it can stand in a header: a line end in it would begin a header of the token service's choice.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// `application/x-www-form-urlencoded`.
    static func encode(_ fields: [(String, String)]) -> String {
        fields.map { "\(escape($0.0))=\(escape($0.1))" }.joined(separator: "&")
    }

    private static func escape(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes = [UInt8]()
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// HTTP's basic authentication. Source: RFC 7617.
enum BasicAuthorization {
    static func header(_ credentials: RegistryCredentials) -> String {
        "Basic " + Base64.encode(Array("\(credentials.username):\(credentials.password)".utf8))
    }
}
