import GantryModel
import GantrySystem
import GantryWire
import Synchronization

/// Answers a registry's challenges for one repository, and remembers the answer until it expires.
///
/// Nothing is sent before it was asked for: the first request goes without credentials, and the challenge that comes
/// back says what to send, and where to.
final class Authorizer: Sendable {
    /// What goes into the Authorization header.
    struct Answer: Sendable {
        var header: String
        /// On the monotonic clock in nanoseconds; nil when it does not expire.
        var expiry: Int64?
        /// Which answer it is, from 1.
        var generation: Int
    }

    private struct State {
        var answer: Answer?
        var challenge: Challenge?
        var generation = 0
    }

    private let transport: Transport
    private let credentials: RegistryCredentials?
    private let scope: String
    private let state: Mutex<State>

    /// - Parameter scope: what to ask for where the registry does not say it: `repository:NAME:pull`.
    init(_ transport: Transport, _ credentials: RegistryCredentials?, scope: String) {
        self.transport = transport
        self.credentials = credentials
        self.scope = scope
        var state = State()
        if let token = credentials?.registryToken {
            state = State(answer: Answer(header: "Bearer \(token)", expiry: nil, generation: 1), generation: 1)
        }
        self.state = Mutex(state)
    }

    /// Whether the client gave anything to log in with.
    var hasCredentials: Bool { credentials != nil }

    /// What to send with the next request; nil before the first challenge. Renews what has expired.
    func current() throws -> Answer? {
        let (answer, challenge) = state.withLock { ($0.answer, $0.challenge) }
        guard let answer, let expiry = answer.expiry, let challenge, Clock.monotonic >= expiry else { return answer }
        return try renew(challenge)
    }

    /// The answer to a 401 that came upon `sent`; nil when there is none but what was sent already.
    func answer(_ head: HTTPHead, sent: Answer?) throws -> Answer? {
        let latest = state.withLock { $0.answer }
        // Another thread has renewed it meanwhile.
        if let latest, latest.generation > sent?.generation ?? 0 { return latest }
        let challenges = head.all("www-authenticate").flatMap { Challenge.all(in: $0) }
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            // What the registry itself was to take, it has not taken.
            return credentials?.registryToken == nil ? try renew(bearer) : nil
        }
        guard challenges.contains(where: { $0.scheme == "basic" }) else {
            guard let other = challenges.first else { return nil }
            throw TransferFault(
                kind: .refused(.unimplemented), host: "",
                detail: "it asks for authentication by '\(other.scheme)'; only Basic and Bearer are known")
        }
        // Basic has one answer; if that was sent, there is no better one.
        guard sent == nil, let credentials, !credentials.username.isEmpty else { return nil }
        return keep(BasicAuthorization.header(credentials), lifetime: nil, nil)
    }

    private func renew(_ challenge: Challenge) throws -> Answer {
        let token = try Self.request(challenge, scope: challenge.parameters["scope"] ?? scope, credentials, transport)
            .send(over: transport)
        return keep("Bearer \(token.text)", lifetime: token.lifetime, challenge)
    }

    private func keep(_ header: String, lifetime: Int64?, _ challenge: Challenge?) -> Answer {
        // A tenth earlier than it must be: the clocks of the two differ, and requests take time.
        let expiry = lifetime.map { Clock.monotonic + $0 * 900_000_000 }
        return state.withLock { state in
            state.generation += 1
            let answer = Answer(header: header, expiry: expiry, generation: state.generation)
            state.answer = answer
            state.challenge = challenge
            return answer
        }
    }

    /// The request that a bearer challenge asks for.
    /// - Throws: a fault when the challenge leads nowhere, or to plain HTTP where that is not allowed.
    static func request(
        _ challenge: Challenge, scope: String, _ credentials: RegistryCredentials?, _ transport: Transport
    ) throws -> TokenRequest {
        guard let realm = challenge.parameters["realm"], let address = WebAddress(realm) else {
            throw TransferFault(
                kind: .refused(.unavailable), host: "",
                detail: "its challenge names no token service: 'realm' is no web address")
        }
        if address.scheme == .http, !(try transport.allowsPlain(address)) {
            throw TransferFault(
                kind: .refused(.failedPrecondition), host: "",
                detail: "its token service '\(address.authority)' speaks plain HTTP, which is not configured for it")
        }
        return TokenRequest(
            realm: address, service: challenge.parameters["service"], scope: scope, credentials: credentials)
    }
}
