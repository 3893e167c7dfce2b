import GantryModel
import GantryWire
import RegistryFixture
import Testing

@testable import GantryImages

/// Who is let in, against a server that plays every part; the real registry's turn is in `RealRegistryTests`.
// One after another: asking the server for its log empties it.
@Suite(.serialized) struct AuthenticationTests {
    private static let server = Result { try FaultServer() }
    let server: FaultServer
    let user = RegistryCredentials(username: "user", password: "secret")

    init() throws { server = try Self.server.get() }

    private func talk(_ name: String, _ credentials: RegistryCredentials?) throws -> Talk {
        try Talk(server.address, "\(name):1", credentials: credentials)
    }

    @Test func basicIsAnsweredWhereItIsAskedFor() throws {
        #expect(try talk("basic/a", user).layerArrives())
        let nobody = refusal { _ = try talk("basic/a", nil).manifest() }
        #expect(nobody.code == .permissionDenied)
        #expect(nobody.message.contains("needs 'gantry login \(server.address)'"), "\(nobody)")
        #expect(nobody.message.contains("(UNAUTHORIZED: authentication required)"), "\(nobody)")
        let wrong = refusal { _ = try talk("basic/a", .init(username: "user", password: "wrong")).manifest() }
        #expect(wrong.code == .permissionDenied)
        #expect(wrong.message.contains("these credentials do not allow it"), "\(wrong)")
    }

    @Test func nothingIsSentBeforeItIsAskedFor() throws {
        #expect(try talk("good/unasked", user).layerArrives())
        let log = try server.log().filter { $0["path"]?.string?.contains("/good/unasked/") ?? false }
        #expect(log.count == 2 && log.allSatisfy { $0["authorization"]?.string == "" })
    }

    @Test func aTokenIsFetchedOnceAndRenewedWhenItIsRefused() throws {
        // A token is good for three requests: the fifth needs another.
        let talk = try talk("bearer/renew", user)
        for _ in 0..<5 { _ = try talk.manifest() }
        let log = try server.log().filter { $0["path"]?.string?.contains("/renew") ?? false }
        let tokens = log.filter { $0["host"]?.string == "other" }
        #expect(tokens.count == 2)
        #expect(
            tokens.first?["path"]?.string
                == "/token/renew?service=the%20service&scope=repository%3Abearer%3Apull&account=user")
        #expect(tokens.allSatisfy { $0["authorization"]?.string == "Basic dXNlcjpzZWNyZXQ=" })
        let registry = log.filter { $0["host"]?.string == "registry" }.compactMap { $0["authorization"]?.string }
        #expect(registry.count == 7)
        #expect(registry.allSatisfy { $0.isEmpty || $0.hasPrefix("Bearer good-") }, "the registry sees no password")
    }

    @Test func nobodyGetsATokenToo() throws {
        #expect(try talk("bearer/anonymous", nil).layerArrives())
    }

    @Test func anIdentityTokenIsExchanged() throws {
        _ = try talk("bearer/identity", .init(username: "<token>", identityToken: "a refresh+token")).manifest()
        let posts = try server.log().filter {
            $0["method"]?.string == "POST" && $0["path"]?.string == "/token/identity"
        }
        #expect(posts.count == 1)
        #expect(posts.first?["form"]?.string?.contains("refresh_token=a%20refresh%2Btoken") ?? false)
        #expect(posts.first?["authorization"]?.string == "")
    }

    @Test func aRegistryTokenIsSentAsItIs() throws {
        let talk = try talk("bearer/given", .init(registryToken: "good-given"))
        _ = try talk.manifest()
        #expect(!(try server.log().contains { $0["path"]?.string?.hasPrefix("/token/given") ?? false }))
        for _ in 0..<2 { _ = try talk.manifest() }
        // It cannot be renewed.
        #expect(refusal { _ = try talk.manifest() }.code == .permissionDenied)
    }

    @Test(arguments: [
        ("denied", ErrorCode.permissionDenied, "the user name or password is wrong (who are you)"),
        ("html", .dataLoss, "the answer is not JSON"), ("empty", .dataLoss, "the answer holds no token"),
        ("lines", .dataLoss, "the answer holds no token"), ("endless", .dataLoss, "longer than 1048576 bytes"),
        ("useless", .permissionDenied, "access denied"), ("none", .unavailable, "names no token service"),
        ("plain", .failedPrecondition, "token service 'registry.invalid' speaks plain HTTP"),
    ])
    func tokenServicesThatGiveNone(_ kind: String, _ code: ErrorCode, _ words: String) throws {
        let error = refusal { _ = try talk("bearer/\(kind)", user).manifest() }
        #expect(error.code == code)
        #expect(error.message.contains(words), "\(error)")
    }

    @Test func aSchemeThatIsNotKnown() throws {
        let error = refusal { _ = try talk("digest-only/a", user).manifest() }
        #expect(error.code == .unimplemented)
        #expect(error.message.contains("authentication by 'digest'"), "\(error)")
    }
}
