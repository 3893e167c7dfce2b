import GantryModel
import GantryWire

/// The `process` of an OCI configuration: of a container's start, and of a process that joins it later.
///
/// The settings say what the container's first process is; an override says where another one differs. Both come
/// through here, so that an `exec` cannot have more rights than the container it joins unless it asks for them.
///
/// ```
/// ProcessSpec(settings, user: user).json                                        // start
/// ProcessSpec(settings, user: user, override: .init(arguments: ["sh"])).json    // exec
/// ```
///
/// Source: OCI runtime-spec v1.0.2, config.md, "Process".
package struct ProcessSpec: Sendable {
    /// Where a process differs from the container's first one; what is nil is the container's own.
    package struct Override: Sendable {
        /// Program and arguments.
        package var arguments: [String]?
        /// `NAME=value`, over the container's environment by name.
        package var env: [String]
        /// Absolute, inside the container.
        package var workingDirectory: String?
        /// Whether it has a terminal.
        package var terminal: Bool?
        /// The terminal's size at the start.
        package var consoleSize: ContainerSettings.ConsoleSize?
        /// Every capability: `exec --privileged`. The container's system call filter stays, as with Docker.
        package var privileged: Bool

        package init(
            arguments: [String]? = nil, env: [String] = [], workingDirectory: String? = nil, terminal: Bool? = nil,
            consoleSize: ContainerSettings.ConsoleSize? = nil, privileged: Bool = false
        ) {
            self.arguments = arguments
            self.env = env
            self.workingDirectory = workingDirectory
            self.terminal = terminal
            self.consoleSize = consoleSize
            self.privileged = privileged
        }
    }

    private let settings: ContainerSettings
    private let user: ResolvedUser
    private let override: Override

    /// - Parameter user: who it is, after a look into the container's own account files (`RootSearch.user()`).
    init(_ settings: ContainerSettings, user: ResolvedUser, override: Override = Override()) {
        self.settings = settings
        self.user = user
        self.override = override
    }

    /// The object, ready for `config.json` or for the file that a runtime's `exec --process` reads.
    var json: JSON {
        let security = settings.security
        let capabilities = JSON.strings(override.privileged ? Capabilities.available : security.capabilities)
        // Without root there are no capabilities to keep over exec: as Docker, only the bounding set stays.
        let held = user.uid == 0 ? capabilities : .strings([])
        var process: JSONObject = [
            "terminal": .bool(terminal),
            "user": [
                "uid": .int(Int64(user.uid)), "gid": .int(Int64(user.gid)),
                "additionalGids": .array(user.groups.map { .int(Int64($0)) }), "umask": 0o022,
            ],
            "args": .strings(arguments), "env": .strings(environment),
            "cwd": .string(override.workingDirectory ?? settings.workingDirectory),
            "capabilities": ["bounding": capabilities, "effective": held, "permitted": held],
            "noNewPrivileges": .bool(security.noNewPrivileges), "oomScoreAdj": 0,
        ]
        process.put("rlimits", .array(limits))
        process.put("apparmorProfile", override.privileged ? nil : security.appArmorProfile)
        // A process with a terminal knows its window from its first instruction on.
        if terminal { process.put("consoleSize", (override.consoleSize ?? settings.consoleSize)?.specification) }
        return .object(process)
    }

    /// The container's first process may be its init's child.
    private var arguments: [String] {
        if let arguments = override.arguments { return arguments }
        return (settings.hasInit ? [RuntimeSpec.initProgram, "--"] : []) + settings.arguments
    }

    private var limits: [JSON] {
        let given = settings.limits.processes
        let standard = given.contains { $0.name == "nofile" } ? nil : DefaultSpec.openFiles
        return [standard].compactMap { $0 } + given.map(\.specification)
    }

    private var terminal: Bool { override.terminal ?? settings.terminal }

    /// PATH, HOSTNAME, TERM and HOME as Docker sets them, where the image and the caller did not.
    private var environment: [String] {
        var result = settings.env
        for entry in override.env {
            let name = entry.prefix { $0 != "=" } + "="
            result.removeAll { $0.hasPrefix(name) }
            result.append(entry)
        }
        func add(_ name: String, _ value: String) {
            if !result.contains(where: { $0.hasPrefix(name + "=") }) { result.append(name + "=" + value) }
        }
        add("PATH", Self.path)
        add("HOSTNAME", settings.hostname)
        if terminal { add("TERM", "xterm") }
        add("HOME", user.home)
        return result
    }

    /// Where programs are looked for when the image does not say.
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

/// A container's user after a look into its own `/etc/passwd` and `/etc/group`.
struct ResolvedUser: Sendable, Equatable {
    var uid: UInt32
    var gid: UInt32
    var groups: [UInt32]
    var home: String
}
