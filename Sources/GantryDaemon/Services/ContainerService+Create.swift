import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.create`: an image and wishes become a container.
extension ContainerService {
    var createMethod: Method {
        Method(
            "containers.create", "Makes a container of an image; nothing runs yet.",
            params: [
                CommonField.image,
                Field(
                    "id", .string,
                    "64 lower-case hexadecimal digits, drawn by the caller, who can find the container by it when the answer is lost; drawn here when absent."
                ),
                Field("name", .string, "Unique in the namespace; drawn when absent."),
                CommonField.platform,
                Field("command", .array(.string), "Replaces the image's command."),
                Field(
                    "entrypoint", .array(.string),
                    "Replaces the image's entrypoint and clears its command; [] clears both."),
                Field("env", .array(.string), "NAME=value, added to the image's."),
                Field("workingDir", .string, "Absolute; made when missing."),
                Field("user", .string, "user[:group], names or numbers."),
                Field("hostname", .string, "The short id when absent."),
                Field("network", .string, "none (when absent) or host."),
                Field("runtime", .string, "auto (when absent), crun, runc or an absolute path."),
                Field(
                    "mounts", .array(.object),
                    "Directories and files of the host, volumes and memory; docs/protocol.md tells the fields."),
                Field("domainname", .string, "NIS domain name; none when absent."),
                Field("extraHosts", .array(.string), "NAME:ADDRESS, more lines of /etc/hosts."),
                Field("dns", .array(.string), "Addresses of name servers, instead of the machine's."),
                Field("dnsSearch", .array(.string), "Domains to search, instead of the machine's; . alone for none."),
                Field("dnsOptions", .array(.string), "Options of the resolver, instead of the machine's."),
                Field("pid", .string, "private (when absent), host or container:NAME."),
                Field("ipc", .string, "private (when absent), none, shareable, host or container:NAME."),
                Field("uts", .string, "private (when absent) or host."),
                Field(
                    "userns", .string,
                    "host (when absent), auto (a range of ids that no other container has) or keep (a user namespace with the same numbers)."
                ),
                Field("init", .boolean, "A first process that passes signals on and reaps; false when absent."),
                Field("ulimits", .array(.object), "Of {name, soft, hard}: nofile and others; -1 is no limit."),
                Field("shmSize", .integer, "Bytes of /dev/shm; 64 MiB when absent."),
                Field("sysctls", .map(.string), "Settings of the kernel for the container's own namespaces."),
                Field(
                    "cgroupParent", .string,
                    "What its cgroup is below: a path, or with the systemd driver the name of a slice; Gantry's own when absent."
                ),
                Field("annotations", .map(.string), "Words for the runtime and its hooks."),
                Field("logDriver", .string, "json-file (when absent), journald or none."),
                Field(
                    "logOptions", .map(.string),
                    "max-size (20m), max-file (5), mode (blocking or non-blocking), max-buffer-size (1m), tag, labels, env."
                ),
                CommonField.labels, Field("openStdin", .boolean, "Whether standard input is open; false when absent."),
                Field("tty", .boolean, "A terminal instead of three pipes; false when absent."),
                Field("consoleSize", .object, "{rows, columns} of the terminal at the start."),
                Field("autoRemove", .boolean, "Remove the container when it has ended; false when absent."),
                Field("capAdd", .array(.string), "Capabilities to add, with or without CAP_; ALL for every one."),
                Field("capDrop", .array(.string), "Capabilities to take away; ALL for every one."),
                Field(
                    "securityOpt", .array(.string),
                    """
                    Docker's: seccomp=unconfined, seccomp=builtin or seccomp=PROFILE (the JSON itself), \
                    no-new-privileges[=true|false], systempaths=unconfined, apparmor=NAME|unconfined, label=disable.
                    """),
                Field(
                    "privileged", .boolean,
                    "All capabilities and devices, nothing masked, no system call filter; false when absent."),
                Field(
                    "traceSeccomp", .boolean,
                    "Count the system calls that its filter refuses; containers.explain names them. False when absent."),
                Field("readOnlyRoot", .boolean, "Mount the root read-only; false when absent."),
                Field("groupAdd", .array(.string), "More groups: names by the container's own file, or numbers."),
                Field(
                    "devices", .array(.object),
                    "Of {source, target, access}: devices of the host, or directories of devices; rwm when absent."),
                Field("deviceCgroupRules", .array(.string), "As 'c 42:* rwm': devices that may be used once made."),
                Field("snapshotter", .string, "The configured one when absent."),
                Field("stopSignal", .string, "What stop sends; the image's, or SIGTERM, when absent."),
                Field("stopTimeout", .integer, "Seconds before stop kills; -1 for never."),
            ] + Self.resourceFields,
            result: "{id, name, warnings}", errors: [.notFound, .alreadyExists, .invalidArgument, .failedPrecondition]
        ) { [self] call in try create(call) }
    }

    private func create(_ call: Call) throws -> JSON {
        // Most containers are started as soon as they are there.
        tasks.get.expectStart()
        let wanted = try call.string("image")
        let match = try ImageNames(images: images).find(namespace: call.namespace, wanted) {
            try? resolver.resolve($0.target).id
        }
        let target = match.records[0]
        let image = try image(target, named: wanted, call)
        let id = try id(call)
        var made = [String]()
        do {
            var settings = try ContainerSettings(
                merging: image.config.config, with: try resolvingContainers(call), id: id.text,
                defaultStopTimeout: live.current.stopTimeout
            ) { (name, _) throws(GantryError) in
                let volume = try volumes.make(namespace: call.namespace, name)
                if name == nil { made.append(volume.name) }
                return volume.path
            }
            FailurePoint.createVolumes.reach()
            try MountSources.check(settings.mounts)
            try cgroups.checkParent(settings.cgroupParent)
            let warnings = try ResourceCheck(cgroups: cgroups).accept(&settings.resources)
            _ = try runtime(settings)
            let driver = try drivers.driver(call.text("snapshotter"))
            try makeReady(image, driver, call.namespace)
            func make(_ settings: ContainerSettings) throws -> JSON {
                try record(call, id, image, settings, driver, shown: wanted, warnings: warnings)
            }
            guard settings.userNamespace.mode == .auto else { return try make(settings) }
            return try ownerRanges.withRange { owners in
                settings.userNamespace.owners = owners
                return try make(settings)
            }
        } catch {
            for name in made { volumes.remove(namespace: call.namespace, name) }
            throw error
        }
    }

    /// The parameters, with the ids of containers whose namespaces are joined in place of their names.
    private func resolvingContainers(_ call: Call) throws -> JSONObject {
        var request = call.params
        for key in ["pid", "ipc"] {
            guard let text = call.text(key), text.hasPrefix("container:") else { continue }
            let other = try containers.findContainer(namespace: call.namespace, String(text.dropFirst(10)))
            if key == "ipc", try settings(other).namespaces.ipc != .shareable {
                throw GantryError(
                    .failedPrecondition,
                    "create container: the IPC namespace of container '\(other.name)' is not shareable; it has to be run with --ipc shareable"
                )
            }
            request[key] = .string("container:" + other.id.text)
        }
        return request
    }

    private func id(_ call: Call) throws(GantryError) -> ContainerID {
        guard let wanted = call.text("id") else {
            var generator = SystemRandomNumberGenerator()
            return ContainerID(using: &generator)
        }
        let id = try ContainerID(wanted)
        if (try? containers.container(namespace: call.namespace, id: id)) != nil {
            throw GantryError(.alreadyExists, "create container '\(id.short)': a container has this id")
        }
        return id
    }

    /// The image of the platform that was asked for; that it is not here is no different from having no image at all.
    private func image(_ record: ImageRecord, named wanted: String, _ call: Call) throws -> ResolvedImage {
        guard let platform = try call.platform(host: resolver.platform) else {
            return try resolver.resolve(record.target)
        }
        do {
            return try resolver.resolve(record.target, for: platform)
        } catch let error as GantryError where error.code == .notFound {
            throw ImageNames.missing(wanted, reason: "no such image for \(platform)")
        }
    }

    /// Unpacks the image for a snapshotter that does not have it.
    private func makeReady(_ image: ResolvedImage, _ driver: Unpacker.Driver, _ namespace: String) throws {
        guard let top = image.top, (try? driver.snapshotter.stat(top)) == nil else { return }
        try leases.withLease(namespace: namespace) { lease in
            try unpacker.unpack(image, for: driver, namespace: namespace, lease: lease)
        }
    }

    /// What listings show of a container's mounts: `{name, volume}` each, a volume's name or a directory of the host.
    private static func mountNames(_ settings: ContainerSettings) -> JSON {
        .array(
            settings.mounts.filter { $0.kind != .tmpfs }.map { mount in
                let isVolume = mount.volume != nil
                return [
                    "name": .string(isVolume ? Volumes.name(of: mount) : mount.source), "volume": .bool(isVolume),
                ]
            })
    }

    private func record(
        _ call: Call, _ id: ContainerID, _ image: ResolvedImage, _ settings: ContainerSettings,
        _ driver: Unpacker.Driver, shown: String, warnings: [String]
    ) throws -> JSON {
        let mounts = try driver.snapshotter.prepare(id.text, parent: image.top, labels: [:])
        _ = mounts
        FailurePoint.createSnapshot.reach()
        do {
            let info = try driver.snapshotter.stat(id.text)
            var details: JSONObject = [
                "imageId": .string(image.id.description), "command": .strings(settings.arguments),
                "autoRemove": .bool(settings.autoRemove), "tty": .bool(settings.terminal),
                "openStdin": .bool(settings.openStdin), "network": .string(settings.network.rawValue),
                "mounts": Self.mountNames(settings),
            ]
            details.put("usernsFirst", settings.userNamespace.owners.map { .int(Int64($0.first)) })
            // A name that was drawn may be taken by chance; one that was given may not.
            for attempt in 0... {
                var generator = SystemRandomNumberGenerator()
                let name = call.text("name") ?? ContainerName.random(attempt: attempt, using: &generator)
                let record = ContainerRecord(
                    id: id, namespace: call.namespace, name: name, image: shown, imageDigest: image.manifestDigest,
                    labels: image.config.config.labels.merging(call.labels()) { _, new in new },
                    createdAt: Timestamp(nanoseconds: Clock.realtime), snapshotter: driver.name, snapshotKey: id.text,
                    runtime: settings.runtime, details: .object(details))
                do {
                    try containers.createContainer(
                        record, spec: settings.json.encoded(),
                        snapshot: SnapshotRecord(driver: driver.name, namespace: call.namespace, info: info),
                        references: [],
                        events: [
                            EventDraft(
                                "container.create",
                                ["id": .string(id.text), "name": .string(name), "image": .string(shown)])
                        ])
                    FailurePoint.createRecorded.reach()
                    return [
                        "id": .string(id.text), "name": .string(name),
                        "warnings": .strings(settings.security.warnings + warnings),
                    ]
                } catch let error as GantryError
                    where error.code == .alreadyExists && call.text("name") == nil && attempt < 16
                {
                    continue
                }
            }
            preconditionFailure("an endless range has no end")
        } catch {
            try? driver.snapshotter.remove(id.text)
            throw error
        }
    }
}

extension LeaseStore {
    /// Holds what `body` makes until it has found its place: the lease that a mutating call without one gets.
    func withLease<Result>(namespace: String, _ body: (LeaseKey) throws -> Result) throws -> Result {
        // An hour: what a daemon that was killed left behind is collected then.
        let expires = Timestamp(nanoseconds: Clock.realtime).adding(seconds: 3600)
        let lease = try createLease(namespace: namespace, id: nil, labels: [:], expires: expires)
        defer { try? deleteLease(lease.key) }
        return try body(lease.key)
    }
}
