import ArgumentParser

/// `gantry logout`.
struct Logout: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Forget the login for a registry.",
        discussion: """
            Takes it out of docker's configuration, or has the credential helper forget it. Without a server it is \
            docker.io. The daemon keeps no logins.

            EXAMPLE
              gantry logout registry.example.org
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The registry.", valueName: "server"))
    var server: String?

    func run() throws {
        let registry = try RegistryName(typed: server)
        guard let path = DockerConfig.place else { return try Console.line("Not logged in to \(registry.domain)") }
        var config = try DockerConfig(path: path)
        let isDone = try Credentials.erase(registry, in: &config)
        try Console.line(
            isDone ? "Removing login credentials for \(registry.domain)" : "Not logged in to \(registry.domain)")
    }
}
