package import GantryModel
import GantrySystem
package import GantryWire

extension ContainerSettings {
    /// Puts an image's defaults and a caller's wishes together as Docker does: an entrypoint that is given clears the
    /// image's command, environments are merged by name, the caller's labels and directories win.
    ///
    /// `request` is the parameters of `containers.create`, checked for their types already.
    /// - Throws: `.invalidArgument` naming the parameter, for example when there is nothing to run.
    package init(
        merging image: ContainerConfig, with request: JSONObject, id: String, defaultStopTimeout: Int64,
        volumeSource: (String?, String) throws(GantryError) -> String
    ) throws(GantryError) {
        let command = request["command"]?.array?.compactMap(\.string)
        let entrypoint: [String]
        let arguments: [String]
        if let given = request["entrypoint"]?.array?.compactMap(\.string) {
            entrypoint = given == [""] ? [] : given
            arguments = command ?? []
        } else {
            entrypoint = image.entrypoint ?? []
            arguments = command ?? image.cmd ?? []
        }
        guard !(entrypoint + arguments).isEmpty else {
            throw GantryError(.invalidArgument, "create container: no command is given, and the image has none")
        }
        guard (entrypoint + arguments)[0] != "" else {
            throw GantryError(.invalidArgument, "create container: the command is empty")
        }
        let network = try Self.network(request["network"]?.string)
        let namespaces = try Namespaces(.object(request))
        let hostname = try Self.hostname(request["hostname"]?.string, id, network, namespaces)
        self.init(arguments: entrypoint + arguments, entrypoint: entrypoint, command: arguments, hostname: hostname)
        self.network = network
        self.namespaces = namespaces
        userNamespace = try UserNamespace(.object(request))
        names = try Names(.object(request))
        guard names.domain.isEmpty || namespaces.uts == .own else {
            throw GantryError(.invalidArgument, "create container: domainname and uts 'host' exclude each other")
        }
        limits = try Limits(.object(request))
        try limits.check(network: network, namespaces)
        resources = try Resources(.object(request))
        log = try Log(.object(request))
        cgroupParent = request["cgroupParent"]?.string ?? ""
        annotations = (request["annotations"] ?? [:]).stringMap
        if let name = annotations.keys.first(where: \.isEmpty) {
            throw GantryError(
                .invalidArgument, "create container: an annotation has no name, but '\(annotations[name]!)'")
        }
        hasInit = request["init"]?.bool ?? false
        env = try Self.merge(image.env, (request["env"]?.array ?? []).compactMap(\.string))
        workingDirectory = request["workingDir"]?.string ?? (image.workingDir.isEmpty ? "/" : image.workingDir)
        guard workingDirectory.hasPrefix("/") else {
            throw GantryError(
                .invalidArgument,
                "create container: the working directory '\(workingDirectory)' is invalid, it needs to be an absolute path"
            )
        }
        workingDirectory = Self.clean(workingDirectory)
        user = request["user"]?.string ?? image.user
        runtime = request["runtime"]?.string ?? "auto"
        openStdin = request["openStdin"]?.bool ?? false
        terminal = request["tty"]?.bool ?? false
        consoleSize = ConsoleSize(request["consoleSize"])
        autoRemove = request["autoRemove"]?.bool ?? false
        stopSignal = request["stopSignal"]?.string ?? image.stopSignal
        if let stopSignal { _ = try SignalName.number(stopSignal) }
        stopTimeout = request["stopTimeout"]?.int ?? defaultStopTimeout
        if let stopTimeout, stopTimeout < -1 {
            throw GantryError(
                .invalidArgument, "create container: stopTimeout \(stopTimeout) is no number of seconds, nor -1")
        }
        exposedPorts = image.exposedPorts
        mounts = try Self.mounts(request["mounts"]?.array ?? [], image.volumes, volumeSource)
        security = try Security(.object(request))
        try checkUserNamespace()
        try refuseNUL()
    }

    /// The kernel ends strings at the first NUL: a name or path with one would come to mean another.
    private func refuseNUL() throws(GantryError) {
        let texts = [
            ("command", arguments), ("env", env), ("workingDir", [workingDirectory]), ("user", [user]),
            ("mounts", mounts.flatMap { [$0.source, $0.target] }), ("runtime", [runtime]),
            ("cgroupParent", [cgroupParent]), ("annotations", annotations.flatMap { [$0.key, $0.value] }),
        ]
        for (name, values) in texts where values.contains(where: { $0.utf8.contains(0) }) {
            throw GantryError(.invalidArgument, "create container: a NUL is in '\(name)'")
        }
    }

    /// The machine's with its network or its names, as Docker; else the short id.
    private static func hostname(
        _ given: String?, _ id: String, _ network: Network, _ namespaces: Namespaces
    ) throws(GantryError) -> String {
        guard let given else {
            return network == .host || namespaces.uts == .host ? Host.name().node : String(id.prefix(12))
        }
        guard namespaces.uts == .own else {
            throw GantryError(.invalidArgument, "create container: hostname and uts 'host' exclude each other")
        }
        guard given.utf8.count <= 63, given.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw GantryError(.invalidArgument, "create container: hostname '\(given)' is no host name")
        }
        return given
    }

    private static func network(_ name: String?) throws(GantryError) -> Network {
        guard let name else { return .none }
        guard let network = Network(rawValue: name) else {
            throw GantryError(
                .invalidArgument,
                "create container: network '\(name)' is not available; this version has 'none' and 'host'")
        }
        return network
    }

    /// Later entries win; an entry without `=` unsets, as Docker's empty `-e NAME` of an unset variable does.
    private static func merge(_ image: [String], _ given: [String]) throws(GantryError) -> [String] {
        var result = image
        for entry in given {
            guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex else {
                throw GantryError(.invalidArgument, "create container: environment '\(entry)' is not NAME=value")
            }
            let prefix = entry[...equals]
            result.removeAll { $0.hasPrefix(prefix) }
            result.append(entry)
        }
        return result
    }

    /// Without `.`, `..` and doubled slashes, by the text alone, as Docker cleans paths; `..` of the root is the root.
    static func clean(_ path: String) -> String {
        guard path.hasPrefix("/") else { return path }
        var parts = [Substring]()
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    private static func mounts(
        _ given: [JSON], _ volumes: [String], _ volumeSource: (String?, String) throws(GantryError) -> String
    ) throws(GantryError) -> [Mount] {
        var result = [Mount]()
        for mount in given {
            let mount = try Mount(request: mount, volumeSource: volumeSource)
            guard !result.contains(where: { $0.target == mount.target }) else {
                throw GantryError(.invalidArgument, "create container: duplicate mount point '\(mount.target)'")
            }
            result.append(mount)
        }
        // What the image declares as a volume and nobody covers becomes an anonymous one.
        for target in volumes where !result.contains(where: { $0.target == target }) && target.hasPrefix("/") {
            result.append(Mount(source: try volumeSource(nil, target), target: target, volume: ""))
        }
        return result
    }
}
