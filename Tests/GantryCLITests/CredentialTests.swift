import GantrySystem
import GantryWire
import Testing

@testable import GantryCLI

/// Docker's configuration, as this program reads and writes it.
final class CredentialTests {
    private let directory = "/tmp/gantry-login-" + File.random(6).map { String($0, radix: 16) }.joined()
    private var path: String { directory + "/config.json" }

    init() throws { try Path.makeDirectory(directory) }
    deinit { try? Directory.removeTree(directory) }

    private func config(_ text: String) throws -> DockerConfig {
        try File.replace(path, with: Array(text.utf8), sync: false)
        return try DockerConfig(path: path)
    }

    private func login(_ domain: String, _ text: String) throws -> StoredLogin? {
        try Credentials.login(for: RegistryName(domain: domain), in: config(text))
    }

    /// A helper `docker-credential-test` that writes down what it is told, and answers `answer`.
    private func helper(_ answer: String, status: Int = 0) throws -> [String] {
        let script =
            "#!/bin/sh\necho \"$1\" >>\(directory)/verbs\ncat >\(directory)/input\necho '\(answer)'\nexit \(status)\n"
        try File.replace(directory + "/docker-credential-test", with: Array(script.utf8), mode: 0o755, sync: false)
        return ["PATH=\(directory):/usr/bin:/bin", "DOCKER_CONFIG=\(directory)"]
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try File.contents("\(directory)/\(name)"), as: UTF8.self)
    }

    // MARK: Names

    @Test(arguments: [
        (nil, "docker.io"), ("docker.io", "docker.io"), ("https://index.docker.io/v1/", "docker.io"),
        ("registry-1.docker.io", "docker.io"), ("https://example.org/v2/", "example.org"),
        ("localhost:5000", "localhost:5000"), ("[::1]:5000", "[::1]:5000"),
    ])
    func registriesAsTheyAreTyped(_ text: String?, _ domain: String) throws {
        #expect(try RegistryName(typed: text).domain == domain)
    }

    @Test(arguments: ["", "name", "https://", "a b.c", "example.org:port", "-x.org"])
    func whatIsNoRegistry(_ text: String) {
        #expect(throws: Failure.self) { _ = try RegistryName(typed: text) }
    }

    // MARK: Reading

    @Test func readsWhatDockerWrites() throws {
        let file = """
            {"auths": {"https://index.docker.io/v1/": {"auth": "dXNlcjpzZWM6cmV0"},
                       "https://old.example.org/v1/": {"auth": "YTpi"},
                       "token.example.org": {"auth": "YTo=", "identitytoken": "secret"},
                       "helped.example.org": {}}}
            """
        #expect(try login("docker.io", file) == StoredLogin(username: "user", password: "sec:ret"))
        #expect(try login("old.example.org", file) == StoredLogin(username: "a", password: "b"))
        #expect(
            try login("token.example.org", file) == StoredLogin(username: "a", password: "", identityToken: "secret"))
        #expect(try login("helped.example.org", file) == nil)
        #expect(try login("example.org", file) == nil)
        #expect(try login("docker.io", "") == nil)
        #expect(throws: Failure.self) { _ = try self.login("a.b", "{\"auths\": {\"a.b\": {\"auth\": \"?\"}}}") }
        #expect(throws: Failure.self) { _ = try self.login("a.b", "[]") }
    }

    @Test func whatIsNotUnderstoodStays() throws {
        var config = try config(
            "{\"HttpHeaders\": {\"X\": \"1\"}, \"auths\": {\"b.c\": {\"auth\": \"YTpi\", \"email\": \"e\"}}, \"z\": 18446744073709551615}"
        )
        let name = RegistryName(domain: "b.c")
        #expect(try Credentials.store(StoredLogin(username: "u", password: "p"), for: name, in: &config) == path)
        #expect(
            try text("config.json")
                == """
                {
                    "HttpHeaders": {
                        "X": "1"
                    },
                    "auths": {
                        "b.c": {
                            "auth": "dTpw",
                            "email": "e"
                        }
                    },
                    "z": 18446744073709551615
                }

                """)
        #expect(try Credentials.erase(name, in: &config))
        #expect(!(try Credentials.erase(name, in: &config)))
        #expect(try DockerConfig(path: path).object["auths"] == [:])
    }

    @Test func theFileIsItsOwnersAlone() throws {
        var config = try DockerConfig(path: directory + "/new/config.json")
        _ = try Credentials.store(
            StoredLogin(username: "u", password: "p"), for: RegistryName(domain: "docker.io"), in: &config)
        #expect(try FileStatus.of(directory + "/new/config.json").permissions == 0o600)
        #expect(try FileStatus.of(directory + "/new").permissions == 0o700)
    }

    @Test func aLinkLeadsToTheFile() throws {
        try Path.symlink("real.json", as: path)
        var config = try DockerConfig(path: path)
        _ = try Credentials.store(
            StoredLogin(username: "u", password: "p"), for: RegistryName(domain: "a.b"), in: &config)
        #expect(try Path.readLink(path) == "real.json")
        #expect(try text("real.json").contains("dTpw"))
    }

    // MARK: The program

    private func run(
        _ arguments: [String], _ environment: [String]? = nil, input: String? = nil,
        answer: FakeDaemon.Answer = .result([:])
    ) throws -> (program: Program, calls: [(method: String, parameters: JSON)]) {
        let daemon = try FakeDaemon { _, _ in answer }
        defer { daemon.stop() }
        let program = try Program(
            arguments, socket: daemon.path, input: input.map { Array($0.utf8) },
            environment: environment ?? ["DOCKER_CONFIG=\(directory)"])
        return (program, daemon.calls)
    }

    @Test func logsInAndOut() throws {
        let (login, calls) = try run(["login", "-ume", "--password-stdin", "localhost:5000"], input: "secret\n")
        #expect(login.output == "Login Succeeded\n")
        #expect(login.errors.contains("stored unencrypted in \(path)"))
        #expect(calls.map(\.method) == ["registries.login"])
        #expect(calls[0].parameters == ["registry": "localhost:5000", "username": "me", "password": "secret"])
        #expect(try text("config.json").contains("bWU6c2VjcmV0"))

        let (pull, pulls) = try run(["pull", "-q", "localhost:5000/a"])
        #expect(pull.status == 0)
        #expect(pulls[0].parameters["auth"] == ["username": "me", "password": "secret"])
        #expect(try run(["pull", "-q", "example.org/a"]).calls[0].parameters["auth"] == nil)

        let (again, _) = try run(["login", "localhost:5000"])
        #expect(again.output == "Authenticating with existing credentials...\nLogin Succeeded\n")
        #expect(
            try run(["logout", "localhost:5000"]).program.output == "Removing login credentials for localhost:5000\n")
        #expect(try run(["logout", "localhost:5000"]).program.output == "Not logged in to localhost:5000\n")
        #expect(!(try text("config.json").contains("bWU6c2VjcmV0")))
    }

    @Test func anIdentityTokenIsKeptInPlaceOfThePassword() throws {
        let (login, _) = try run(
            ["login", "-u", "me", "-p", "secret", "a.b"], answer: .result(["identityToken": "the-token"]))
        #expect(login.status == 0)
        #expect(login.errors.contains("Using --password shows it to others"))
        let written = try text("config.json")
        #expect(written.contains("\"identitytoken\": \"the-token\"") && written.contains("\"auth\": \"bWU6\""))
        let (_, pulls) = try run(["pull", "-q", "a.b/c"])
        #expect(pulls[0].parameters["auth"] == ["username": "me", "identityToken": "the-token"])
    }

    @Test func aRefusedLoginIsNotKept() throws {
        let (login, _) = try run(
            ["login", "-u", "me", "-p", "wrong"], answer: .error(.permissionDenied, "log in to 'docker.io': no"))
        #expect(login.status == 1)
        #expect(login.errors.hasSuffix("Error: log in to 'docker.io': no\n"))
        #expect(!Path.exists(path))
    }

    @Test(arguments: [
        (["login", "--password-stdin"], "needs --username"), (["login", "-u", "a"], "without a terminal"),
        (["login", "-u", "a", "-p", "b", "--password-stdin"], "mutually exclusive"),
        (["login", "name"], "not a registry"),
        (["login", "-u", "a", "--password-stdin"], "holds no password"),
    ])
    func loginsThatCannotBe(_ arguments: [String], _ words: String) throws {
        let (login, calls) = try run(arguments)
        #expect(login.status == 1 && calls.isEmpty)
        #expect(login.errors.contains(words), "\(login.errors)")
    }

    @Test func aHelperKeepsLogins() throws {
        let environment = try helper("")
        try File.replace(path, with: Array("{\"credsStore\": \"test\"}".utf8), sync: false)
        let (login, _) = try run(["login", "-u", "me", "-p", "secret"], environment)
        #expect(login.status == 0)
        #expect(!login.errors.contains("unencrypted"))
        #expect(
            try JSON.parse(text("input"))
                == ["ServerURL": "https://index.docker.io/v1/", "Username": "me", "Secret": "secret"])
        #expect(!(try text("config.json").contains("secret")))

        _ = try helper("{\"ServerURL\": \"x\", \"Username\": \"<token>\", \"Secret\": \"t\"}")
        let (_, pulls) = try run(["pull", "-q", "busybox"], environment)
        #expect(pulls[0].parameters["auth"] == ["username": "<token>", "identityToken": "t"])
        #expect(try text("input") == "https://index.docker.io/v1/")
        #expect(try run(["logout"], environment).program.status == 0)
        #expect(try text("verbs") == "store\nget\nerase\n")
    }

    @Test func aHelperThatFailsDoesNotStopAPull() throws {
        try File.replace(path, with: Array("{\"credHelpers\": {\"a.b\": \"test\"}}".utf8), sync: false)
        let (none, calls) = try run(["pull", "-q", "a.b/c"])
        #expect(none.status == 0 && calls[0].parameters["auth"] == nil)
        #expect(none.errors.contains("docker-credential-test get: there is no such program"), "\(none.errors)")
        let (broken, _) = try run(["pull", "-q", "a.b/c"], helper("the vault is shut", status: 1))
        #expect(broken.status == 0 && broken.errors.contains("the vault is shut"))
        let (unknown, _) = try run(
            ["pull", "-q", "a.b/c"], helper("credentials not found in native keychain", status: 1))
        #expect(unknown.errors.isEmpty)
    }

    // MARK: The terminal

    @Test func aSecretLineIsEditedLikeAnother() throws {
        func typed(_ keys: String) throws(Failure) -> String {
            var line = SecretLine()
            for key in keys.utf8 { if try line.take(key) { break } }
            return line.text
        }
        #expect(try typed("secret\rmore") == "secret")
        #expect(try typed("wrong\u{15}seß\u{7F}\u{7F}\u{8}cret\n") == "cret")
        #expect(try typed("\u{7F}a\u{4}") == "a")
        #expect(throws: Failure.silent(130)) { _ = try typed("secret\u{3}") }
    }

    @Test func aPasswordIsAskedForWithoutEcho() throws {
        let daemon = try FakeDaemon { _, _ in .result([:]) }
        defer { daemon.stop() }
        let (master, slave) = try Terminal.openPair()
        let screen = OwnedDescriptor(master)
        let program = Path.parent(of: try Path.readLink("/proc/self/exe")) + "/gantry"
        let child = try Spawn(
            program, ["gantry", "login", "a.b"],
            environment: ["GANTRY_SOCKET=\(daemon.path)", "DOCKER_CONFIG=\(directory)"],
            descriptors: [slave, slave, slave]
        ).start()
        _ = OwnedDescriptor(slave)
        var shown = ""
        func wait(for text: String) throws {
            var chunk = [UInt8](repeating: 0, count: 1024)
            while !shown.contains(text) {
                guard try PollSet.wait(screen.raw, .readable, milliseconds: 10_000) else {
                    Issue.record("the screen shows '\(shown)', not '\(text)'")
                    return
                }
                let count = try File.readChunk(screen.raw, &chunk)
                shown += String(decoding: chunk[..<count], as: UTF8.self)
            }
        }
        try wait(for: "Username: ")
        try File.write(screen.raw, "me\n")
        try wait(for: "Password: ")
        try File.write(screen.raw, "hidden\r")
        try wait(for: "Login Succeeded")
        #expect(try child.wait().shellCode == 0)
        #expect(!shown.contains("hidden"))
        #expect(daemon.calls[0].parameters["password"] == "hidden")
    }
}
