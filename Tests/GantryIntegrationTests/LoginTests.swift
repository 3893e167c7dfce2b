import GantrySystem
import RegistryFixture
import Testing

extension Integration {
    /// Who gets an image from a registry that does not give it to everybody, and by which way it comes.
    @Suite struct LoginTests {
        let directory: TestDirectory
        var configuration: String { "[registry]\nhosts_dir = \"\(directory.path)/hosts\"\n" }
        /// Where the logins of the test are, instead of those of who runs it.
        var environment: [String] { ["DOCKER_CONFIG=\(directory.path)/docker"] }

        init() throws { directory = try TestDirectory() }

        private func push(to registry: RegistryServer) throws {
            try registry.push("oci-archive:" + Images.archive(), as: "tools/busybox:1")
        }

        private func login(_ engine: Engine, _ registry: String, _ password: String) throws -> Program.Outcome {
            try engine.run(
                ["login", "-u", RegistryServer.user, "--password-stdin", registry], input: .text(password + "\n"),
                extra: environment)
        }

        /// The whole way: refused, logged in, pulled, run, logged out, refused.
        private func way(_ engine: Engine, _ registry: String, keeps secret: String) throws {
            let image = registry + "/tools/busybox:1"
            let denied = try engine.run(["pull", image], extra: environment)
            #expect(denied.status == 1)
            #expect(denied.errorText.contains("access denied"), "\(denied.errorText)")
            #expect(denied.errorText.contains("gantry login \(registry)"), "\(denied.errorText)")

            let wrong = try login(engine, registry, "wrong")
            #expect(wrong.status == 1)
            #expect(wrong.errorText.contains("the user name or password is wrong"), "\(wrong.errorText)")
            #expect(!Path.exists(directory.path + "/docker/config.json"))

            let right = try login(engine, registry, RegistryServer.password)
            #expect(right.text == "Login Succeeded", "\(right.errorText)")
            let kept = String(decoding: try File.contents(directory.path + "/docker/config.json"), as: UTF8.self)
            #expect(kept.contains(secret), "\(kept)")
            let run = try engine.run(["run", "--rm", "-q", image, "echo", "hello"], extra: environment)
            #expect(run.text == "hello", "\(run.errorText)")
            try engine.must("rmi", image)

            #expect(
                try engine.run(["logout", registry], extra: environment).text
                    == "Removing login credentials for \(registry)")
            #expect(try engine.run(["pull", image], extra: environment).status == 1)
            #expect(!engine.daemonLog.contains(RegistryServer.password))
        }

        @Test func byPassword() throws {
            let registry = try RegistryServer(access: .basic)
            try push(to: registry)
            try withEngine([], configuration: configuration) { (engine: Engine) throws in
                // "gantry:secret"
                try way(engine, registry.address, keeps: "\"auth\": \"Z2FudHJ5OnNlY3JldA==\"")
            }
        }

        @Test func byTokenOverTLS() throws {
            let authority = try TestAuthority()
            let registry = try RegistryServer(
                tls: authority.issue("registry"), access: .token(service: TokenServer()))
            try push(to: registry)
            try withEngine([], configuration: configuration) { (engine: Engine) throws in
                let unknown = try engine.run(["pull", registry.address + "/tools/busybox:1"], extra: environment)
                #expect(unknown.status == 1)
                #expect(unknown.errorText.contains("certificate of '\(registry.address)' cannot be verified"))
                // No restart is needed for what is configured of a host.
                try directory.copy(authority.own.certificate, as: "hosts/\(registry.address)/ca.crt")
                try way(engine, registry.address, keeps: "\"identitytoken\": \"refresh-")
            }
        }

        @Test func throughAProxy() throws {
            let authority = try TestAuthority()
            let secure = try RegistryServer(tls: authority.issue("registry", for: ["DNS:secure.invalid"]))
            let plain = try RegistryServer()
            for registry in [secure, plain] { try push(to: registry) }
            try directory.copy(authority.own.certificate, as: "hosts/secure.invalid/ca.crt")
            try directory.write("hosts/plain.invalid:5000/host.toml", "plain_http = true\n")
            let tunnel = try ProxyServer(to: secure.address)
            let proxy = try ProxyServer(to: plain.address)
            try withEngine([], configuration: configuration) { (engine: Engine) throws in
                let direct = try engine.run(["pull", "plain.invalid:5000/tools/busybox:1"])
                #expect(direct.status == 1)
                #expect(direct.errorText.contains("cannot connect to 'plain.invalid:5000'"), "\(direct.errorText)")

                engine.daemonEnvironment = [
                    "http_proxy=http://\(proxy.address)", "HTTPS_PROXY=http://\(tunnel.address)",
                    "NO_PROXY=other.invalid",
                ]
                try engine.restart()
                for image in ["plain.invalid:5000/tools/busybox:1", "secure.invalid/tools/busybox:1"] {
                    try engine.must("pull", "-q", image)
                }
                #expect(try tunnel.requests().allSatisfy { $0 == "CONNECT secure.invalid:443" })
                #expect(try !tunnel.requests().isEmpty)
                let asked = try proxy.requests()
                #expect(asked.first == "GET http://plain.invalid:5000/v2/tools/busybox/manifests/1")

                // Neither this machine nor what NO_PROXY names is asked for there.
                try engine.must("pull", "-q", plain.address + "/tools/busybox:1")
                #expect(try engine.run(["pull", "-q", "other.invalid/tools/busybox:1"]).status == 1)
                #expect(try proxy.requests() == asked)
            }
        }
    }
}
