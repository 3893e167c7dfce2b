import ArgumentParser
import GantrySystem
import GantryWire

/// The options of `run` and `create` that say how far a container is shut in.
struct SecurityOptions: ParsableArguments {
    @Option(
        name: .customLong("cap-add"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Add a Linux capability, or ALL.", valueName: "capability"))
    var addedCapabilities: [String] = []

    @Option(
        name: .customLong("cap-drop"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Take away a Linux capability, or ALL.", valueName: "capability"))
    var droppedCapabilities: [String] = []

    @Option(
        name: .customLong("security-opt"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            """
            seccomp=FILE|unconfined|builtin, no-new-privileges[=true|false], systempaths=unconfined, apparmor=PROFILE, \
            label=disable.
            """, valueName: "option"))
    var securityOptions: [String] = []

    @Flag(help: "Give it every capability and device, mask nothing, filter no system call.")
    var privileged = false

    @Flag(
        name: .customLong("trace-seccomp"),
        help: "Count the system calls that its filter refuses; 'gantry explain' names them.")
    var tracesCalls = false

    @Flag(name: .customLong("read-only"), help: "Mount its root read-only.")
    var readOnly = false

    @Option(
        name: .customLong("group-add"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Put it into one more group, by name or number.", valueName: "group"))
    var groups: [String] = []

    @Option(
        name: .customLong("device"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Give it a device, or a directory of devices.", valueName: "host[:container][:rwm]"))
    var devices: [String] = []

    @Option(
        name: .customLong("device-cgroup-rule"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Let it use devices by type and number.", valueName: "'c 42:* rwm'"))
    var deviceRules: [String] = []

    /// Adds what was asked for to the parameters of `containers.create`.
    ///
    /// - Throws: a `Failure` about an option that makes no sense or a profile that cannot be read.
    func add(to request: inout JSONObject) throws(Failure) {
        func set(_ key: String, _ values: [String]) {
            if !values.isEmpty { request[key] = .array(values.map { .string($0) }) }
        }
        set("capAdd", addedCapabilities)
        set("capDrop", droppedCapabilities)
        set("securityOpt", try securityOptions.map(Self.resolve))
        set("groupAdd", groups)
        set("deviceCgroupRules", deviceRules)
        if !devices.isEmpty { request["devices"] = .array(try devices.map(Self.device)) }
        if privileged { request["privileged"] = true }
        if tracesCalls { request["traceSeccomp"] = true }
        if readOnly { request["readOnlyRoot"] = true }
    }

    /// `seccomp=FILE` with the file's content in its place: the daemon may not see the user's files.
    static func resolve(_ option: String) throws(Failure) -> String {
        let end = option.firstIndex { $0 == "=" || $0 == ":" } ?? option.endIndex
        guard option[..<end] == "seccomp", end != option.endIndex else { return option }
        let value = String(option[option.index(after: end)...])
        if ["unconfined", "builtin"].contains(value) { return "seccomp=" + value }
        return "seccomp=" + (try profile(value))
    }

    /// The file as JSON in its shortest form.
    private static func profile(_ path: String) throws(Failure) -> String {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try File.contents(path, limit: 4 << 20)
        } catch {
            throw Failure("read seccomp profile '\(path)': \(error.reason)")
        }
        do {
            return try JSON.parse(bytes).text
        } catch {
            throw Failure("read seccomp profile '\(path)': not JSON: \(error)")
        }
    }

    /// `HOST`, `HOST:CONTAINER`, `HOST:ACCESS` or `HOST:CONTAINER:ACCESS`.
    static func device(_ text: String) throws(Failure) -> JSON {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), parts[0].hasPrefix("/") else {
            throw Failure("device '\(text)': it is not HOST[:CONTAINER][:rwm] with absolute paths")
        }
        var device: JSONObject = ["source": .string(parts[0])]
        var rest = parts.dropFirst()
        if let access = rest.last, rest.count == 2 || !access.hasPrefix("/") {
            guard !access.isEmpty, access.allSatisfy({ "rwm".contains($0) }), Set(access).count == access.count else {
                throw Failure("device '\(text)': bad mode '\(access)'; it is made of r, w and m")
            }
            device["access"] = .string(access)
            rest.removeLast()
        }
        if let target = rest.first {
            guard target.hasPrefix("/") else { throw Failure("device '\(text)': '\(target)' is not an absolute path") }
            device["target"] = .string(target)
        }
        return .object(device)
    }
}
