public import GantryWire

/// How a container is started when nobody says otherwise; the `config` object of an image.
///
/// Source: OCI image-spec v1.1, config.md, "config".
public struct ContainerConfig: JSONConvertible, Hashable {
    /// `user`, `uid`, `user:group`, `uid:gid`; empty is root.
    public var user: String
    /// `80/tcp`, sorted.
    public var exposedPorts: [String]
    /// `NAME=value`, in order.
    public var env: [String]
    /// The program and its first arguments; nil is none, so that the command is the program.
    public var entrypoint: [String]?
    /// The (further) arguments; replaced by those that a user gives.
    public var cmd: [String]?
    /// Paths that become anonymous volumes, sorted.
    public var volumes: [String]
    /// Where the program starts; empty is `/`.
    public var workingDir: String
    /// Labels, which its containers inherit.
    public var labels: Labels
    /// What `stop` sends, `SIGTERM` when nil.
    public var stopSignal: String?

    /// Makes a configuration.
    public init(
        user: String = "", exposedPorts: [String] = [], env: [String] = [], entrypoint: [String]? = nil,
        cmd: [String]? = nil, volumes: [String] = [], workingDir: String = "", labels: Labels = [:],
        stopSignal: String? = nil
    ) {
        self.user = user
        self.exposedPorts = exposedPorts
        self.env = env
        self.entrypoint = entrypoint
        self.cmd = cmd
        self.volumes = volumes
        self.workingDir = workingDir
        self.labels = labels
        self.stopSignal = stopSignal
    }

    /// Reads the object.
    public init(json: JSON) throws(GantryError) {
        let fields = try JSONFields(json, of: "image configuration: config")
        user = try fields.optionalString("User") ?? ""
        exposedPorts = try fields.keySet("ExposedPorts")
        env = try fields.optionalStrings("Env") ?? []
        entrypoint = try fields.optionalStrings("Entrypoint")
        cmd = try fields.optionalStrings("Cmd")
        volumes = try fields.keySet("Volumes")
        workingDir = try fields.optionalString("WorkingDir") ?? ""
        labels = try fields.stringMap("Labels")
        let signal = try fields.optionalString("StopSignal")
        stopSignal = signal == "" ? nil : signal
    }

    /// The object; empty members are left out.
    public var json: JSON {
        func set(_ names: [String]) -> JSON {
            .object(JSONObject(names.map { ($0, .object(JSONObject())) }))
        }
        var object = JSONObject()
        object.put("User", user.isEmpty ? nil : user)
        object.put("ExposedPorts", set(exposedPorts))
        object.put("Env", JSON.strings(env))
        object.put("Entrypoint", entrypoint.map(JSON.strings))
        object.put("Cmd", cmd.map(JSON.strings))
        object.put("Volumes", set(volumes))
        object.put("WorkingDir", workingDir.isEmpty ? nil : workingDir)
        object.put("Labels", JSON.map(labels))
        object.put("StopSignal", stopSignal)
        return .object(object)
    }
}
