import ArgumentParser
import GantryModel
import GantrySystem
import GantryWire

/// `gantry login`.
struct Login: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in to a registry.",
        discussion: """
            The daemon tries user name and password; what works is kept where docker keeps it: in config.json below \
            $DOCKER_CONFIG or ~/.docker, or by the credential helper that the file names. Without a server it is \
            docker.io.

            EXAMPLE
              gantry login registry.example.org
              gantry login -u me --password-stdin localhost:5000 < password
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(name: .shortAndLong, parsing: .unconditional, help: ArgumentHelp("The user name.", valueName: "name"))
    var username: String?

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("The password, for every other user of this machine to see.", valueName: "password"))
    var password: String?

    @Flag(help: "Read the password from standard input.")
    var passwordStdin = false

    @Argument(help: ArgumentHelp("The registry.", valueName: "server"))
    var server: String?

    func run() throws {
        let registry = try RegistryName(typed: server)
        guard let path = DockerConfig.place else {
            throw Failure("login: neither DOCKER_CONFIG nor HOME says where to keep it")
        }
        var config = try DockerConfig(path: path)
        let stored = username == nil && password == nil ? try? Credentials.login(for: registry, in: config) : nil
        if let stored, !stored.password.isEmpty, !passwordStdin {
            try Console.line("Authenticating with existing credentials...")
            if try succeeds(stored, registry, &config) { return }
        }
        let login = try asked(registry, stored?.username)
        _ = try attempt(login, registry, &config)
    }

    /// False when the registry no longer takes them; then there is somebody to ask.
    private func succeeds(
        _ login: StoredLogin, _ registry: RegistryName, _ config: inout DockerConfig
    ) throws -> Bool {
        do {
            try attempt(login, registry, &config)
            return true
        } catch let error as GantryError where error.code == .permissionDenied && Terminal.isTerminal(0) {
            Console.error("Login did not succeed, error: \(error.description)")
            return false
        }
    }

    private func attempt(_ login: StoredLogin, _ registry: RegistryName, _ config: inout DockerConfig) throws {
        let answer = try connection.connect().call(
            "registries.login",
            [
                "registry": .string(registry.domain), "username": .string(login.username),
                "password": .string(login.password),
            ])
        var login = login
        login.identityToken = answer["identityToken"]?.string
        if let place = try Credentials.store(login, for: registry, in: &config) {
            let secret = login.identityToken == nil ? "password" : "identity token"
            Console.error(
                "WARNING! Your \(secret) is stored unencrypted in \(place); a credential helper would keep it better.")
        }
        try Console.line("Login Succeeded")
    }

    /// User name and password from the command line, or from the person at the terminal.
    private func asked(_ registry: RegistryName, _ known: String?) throws(Failure) -> StoredLogin {
        if passwordStdin {
            guard password == nil else {
                throw Failure("login: --password and --password-stdin are mutually exclusive")
            }
            guard let username, !username.isEmpty else {
                throw Failure("login: --password-stdin needs --username")
            }
            return StoredLogin(username: username, password: try Self.standardInput())
        }
        if password != nil { Console.error("WARNING! Using --password shows it to others; use --password-stdin.") }
        guard username != nil && password != nil || Terminal.isTerminal(0) else {
            throw Failure("login: cannot ask without a terminal; give --username and --password-stdin")
        }
        var name = username ?? ""
        if name.isEmpty {
            let typed = try Prompt.line(known.map { "Username (\($0)): " } ?? "Username: ")
            name = typed.isEmpty ? known ?? "" : typed
        }
        guard !name.isEmpty else { throw Failure("login: a user name is needed") }
        let secret: String
        if let password { secret = password } else { secret = try Prompt.secret("Password: ") }
        guard !secret.isEmpty else { throw Failure("login: a password is needed") }
        return StoredLogin(username: name, password: secret)
    }

    /// All of it but the line end that `echo` puts there.
    private static func standardInput() throws(Failure) -> String {
        var bytes: [UInt8]
        do throws(Errno) { bytes = try File.readAll(0, limit: 64 << 10) } catch {
            throw Failure("read standard input: \(error)")
        }
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else { throw Failure("login: standard input holds no password") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
