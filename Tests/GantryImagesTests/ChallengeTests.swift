import GantryModel
import GantryWire
import Testing

@testable import GantryImages

/// `WWW-Authenticate`, as servers write it.
struct ChallengeTests {
    @Test func readsTheSpecificationsExample() {
        let header =
            "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
            + "scope=\"repository:samalba/my-app:pull,push\""
        #expect(
            Challenge.all(in: header) == [
                Challenge(
                    scheme: "bearer",
                    parameters: [
                        "realm": "https://auth.docker.io/token", "service": "registry.docker.io",
                        "scope": "repository:samalba/my-app:pull,push",
                    ])
            ])
    }

    @Test func readsSeveralInOneHeader() {
        let all = Challenge.all(in: "Negotiate, Basic realm=\"a, \\\"b\\\" = c\" , BEARER Realm = x , service=y")
        #expect(all.map(\.scheme) == ["negotiate", "basic", "bearer"])
        #expect(all[1].parameters == ["realm": "a, \"b\" = c"])
        #expect(all[2].parameters == ["realm": "x", "service": "y"])
    }

    @Test func theFirstOfANameCounts() {
        #expect(Challenge.all(in: "Basic realm=a, realm=b").first?.parameters["realm"] == "a")
    }

    @Test(arguments: ["", ",,,", "=", "\"", "Bearer realm=\"unfinished", "Bearer =", "\u{1F600}"])
    func survives(_ header: String) {
        #expect(Challenge.all(in: header).allSatisfy { $0.parameters.isEmpty })
    }

    @Test func asksTheTokenServiceByGet() throws {
        let request = TokenRequest(
            realm: try #require(WebAddress("https://auth.example.org/token?a=b")), service: "the registry",
            scope: "repository:x/y:pull repository:z:pull",
            credentials: RegistryCredentials(username: "user", password: "secret")
        ).request
        #expect(
            request.address.rest
                == "/token?a=b&service=the%20registry&scope=repository%3Ax%2Fy%3Apull&scope=repository%3Az%3Apull&account=user"
        )
        #expect(request.authorization == "Basic dXNlcjpzZWNyZXQ=")
        #expect(request.form == nil)
    }

    @Test func exchangesAnIdentityTokenByPost() throws {
        let request = TokenRequest(
            realm: try #require(WebAddress("https://auth.example.org/token")), service: "s", scope: "repository:x:pull",
            credentials: RegistryCredentials(username: "<token>", identityToken: "a+b")
        ).request
        #expect(request.authorization == nil)
        #expect(request.address.rest == "/token")
        #expect(
            request.form
                == "service=s&scope=repository%3Ax%3Apull&grant_type=refresh_token&refresh_token=a%2Bb&client_id=gantry"
        )
    }

    @Test func credentialsDoNotShowThemselves() {
        let credentials = RegistryCredentials(username: "user", password: "hidden", identityToken: "secret")
        for text in ["\(credentials)", String(reflecting: credentials), String(describing: [credentials])] {
            #expect(!text.contains("hidden") && !text.contains("secret"), "\(text)")
        }
        var dumped = ""
        dump(credentials, to: &dumped)
        #expect(!dumped.contains("hidden") && !dumped.contains("secret"), "\(dumped)")
    }

    @Test func credentialsAreReadStrictly() throws {
        let full = RegistryCredentials(username: "a", password: "b", identityToken: "c", registryToken: "d")
        #expect(try RegistryCredentials(json: full.json) == full)
        for wrong: JSON in [
            ["user": "a"], ["username": 1], ["username": "a:b"], ["registryToken": "a\r\nb"], ["identityToken": "a b"],
            [],
        ] {
            #expect(refusal { _ = try RegistryCredentials(json: wrong) }.code == .invalidArgument)
        }
    }
}
