import GantryWire

/// What most containers are asked for, as parameters of `containers.create`.
struct ContainerBasics {
    var image: String
    var command: [String] = []
    var name: String?
    var env: [String] = []
    var environmentFiles: [String] = []
    var workingDirectory: String?
    var user: String?
    var entrypoint: String?
    var network: String?
    var runtime: String?
    var snapshotter: String?
    var labels: [String] = []
    var labelFiles: [String] = []
    var hasInit = false
    var interactive = false
    var terminal = false
    var remove = false

    /// - Throws: a `Failure` about an option that makes no sense or a file that cannot be read.
    func request() throws(Failure) -> JSONObject {
        var request: JSONObject = ["image": .string(image)]
        func set(_ key: String, _ value: String?) { request[key] = value.map { .string($0) } }
        set("name", name)
        set("workingDir", workingDirectory)
        set("user", user)
        set("network", try network.map(Self.network))
        set("runtime", runtime)
        set("snapshotter", snapshotter)
        if !command.isEmpty { request["command"] = .array(command.map { .string($0) }) }
        if let entrypoint { request["entrypoint"] = .array([.string(entrypoint)]) }
        let environment = try Environment.merge(files: environmentFiles, options: env)
        if !environment.isEmpty { request["env"] = .array(environment.map { .string($0) }) }
        let labels = try LabelFile.read(labelFiles) + labels
        if !labels.isEmpty { request["labels"] = .object(Self.labels(labels)) }
        if hasInit { request["init"] = true }
        if interactive { request["openStdin"] = true }
        if terminal { request["tty"] = true }
        if remove { request["autoRemove"] = true }
        return request
    }

    private static func network(_ name: String) throws(Failure) -> String {
        guard name == "none" || name == "host" else {
            throw Failure("network '\(name)': this version has 'none' and 'host'")
        }
        return name
    }

    private static func labels(_ options: [String]) -> JSONObject {
        var labels: JSONObject = [:]
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            labels[String(parts[0])] = .string(parts.count == 2 ? String(parts[1]) : "")
        }
        return labels
    }
}
