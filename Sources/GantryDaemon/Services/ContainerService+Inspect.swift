import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.inspect`: a container in docker's shape, for what exists here.
///
/// Source: Docker Engine API v1.43, ContainerInspect.
extension ContainerService {
    var inspectMethod: Method {
        Method(
            "containers.inspect", "Describes one container as docker inspect does.", params: [CommonField.container],
            result: "The document.", errors: [.notFound], access: .read
        ) { [self] call in
            let record = try find(call)
            return document(record, try settings(record), redacted: call.readOnly)
        }
    }

    private func document(_ record: ContainerRecord, _ settings: ContainerSettings, redacted: Bool) -> JSON {
        let state = "\(tasks.get.configurationState)/tasks/\(record.namespace)/\(record.id)"
        return [
            "Id": .string(record.id.text), "Created": .string(record.createdAt.description),
            "Path": .string(settings.arguments[0]), "Args": .strings(Array(settings.arguments.dropFirst())),
            "State": stateObject(record), "Image": record.details["imageId"] ?? "",
            "ResolvConfPath": .string(state + "/resolv.conf"), "HostnamePath": .string(state + "/hostname"),
            "HostsPath": .string(state + "/hosts"),
            "LogPath": .string(settings.log.driver == .jsonFile ? logPath(record) : ""),
            "Name": .string("/" + record.name), "RestartCount": 0, "Driver": .string(record.snapshotter),
            "Platform": .string(settings.platform), "Mounts": mounts(settings),
            "Config": config(record, settings, redacted), "HostConfig": hostConfig(settings),
            "NetworkSettings": [
                "Networks": .object(JSONObject([(settings.network.rawValue, .object(["IPAddress": ""]))])),
                "Ports": [:],
            ],
        ]
    }

    private func stateObject(_ record: ContainerRecord) -> JSON {
        let status = record.status
        return [
            "Status": .string(status.state.rawValue),
            // Docker's, too, calls a paused container a running one.
            "Running": .bool(status.state == .running || status.state == .paused),
            "Paused": .bool(status.state == .paused), "Restarting": false, "OOMKilled": .bool(status.oomKilled),
            "Dead": false, "Pid": .int(Int64(status.pid ?? 0)), "ExitCode": .int(Int64(status.exitCode ?? 0)),
            "Error": .string(status.error ?? ""),
            // Gantry's own: entries of the log that found no room.
            "LogDropped": .int(status.logDropped ?? tasks.get.logDropped(record.key)),
            // What has not happened is the year 1 in Docker's documents.
            "StartedAt": .string(status.startedAt?.description ?? "0001-01-01T00:00:00Z"),
            "FinishedAt": .string(status.finishedAt?.description ?? "0001-01-01T00:00:00Z"),
        ]
    }

    private func mounts(_ settings: ContainerSettings) -> JSON {
        .array(
            settings.mounts.map { mount in
                var object: JSONObject = ["Type": .string(mount.kind.rawValue)]
                if let volume = mount.volume {
                    let name = mount.source.split(separator: "/").dropLast().last.map(String.init) ?? volume
                    object["Name"] = .string(name)
                    object["Driver"] = "local"
                }
                object["Source"] = .string(mount.source)
                object["Destination"] = .string(mount.target)
                object["Mode"] = .string(mount.readOnly ? "ro" : "")
                object["RW"] = .bool(!mount.readOnly)
                object["Propagation"] = .string(mount.kind == .bind ? (mount.propagation ?? .rprivate).rawValue : "")
                return .object(object)
            })
    }

    private func config(_ record: ContainerRecord, _ settings: ContainerSettings, _ redacted: Bool) -> JSON {
        let env = redacted ? settings.env.map { $0.prefix { $0 != "=" } + "=<redacted>" } : settings.env
        var object: JSONObject = [
            "Hostname": .string(settings.hostname), "Domainname": .string(settings.names.domain),
            "User": .string(settings.user),
            "AttachStdin": .bool(settings.openStdin), "AttachStdout": true, "AttachStderr": true,
            "Tty": .bool(settings.terminal),
            "OpenStdin": .bool(settings.openStdin), "StdinOnce": .bool(settings.openStdin), "Env": .strings(env),
            "Cmd": .strings(Array(settings.arguments.dropFirst(settings.entrypoint.count))),
            "Image": .string(record.image), "WorkingDir": .string(settings.workingDirectory),
            "Entrypoint": settings.entrypoint.isEmpty ? .null : .strings(settings.entrypoint),
            "Labels": .map(record.labels),
        ]
        object.put("StopSignal", settings.stopSignal)
        object.put("StopTimeout", settings.stopTimeout.map { JSON.int($0) })
        return .object(object)
    }

    private func hostConfig(_ settings: ContainerSettings) -> JSON {
        let binds = settings.mounts.filter { $0.kind == .bind }
            .map { "\($0.source):\($0.target)" + ($0.readOnly ? ":ro" : "") }
        let memory = settings.mounts.filter { $0.kind == .tmpfs }
            .map { ($0.target, JSON.string(($0.options + ($0.readOnly ? ["ro"] : [])).joined(separator: ","))) }
        let namespaces = settings.namespaces
        let runtime = (try? runtime(settings))?.name ?? settings.runtime
        var host: JSONObject = [
            "Binds": .strings(binds), "NetworkMode": .string(settings.network.rawValue),
            "AutoRemove": .bool(settings.autoRemove), "Runtime": .string(runtime),
            "LogConfig": ["Type": .string(settings.log.driver.rawValue), "Config": .map(settings.log.options)],
            "Tmpfs": .object(JSONObject(memory)), "Init": .bool(settings.hasInit),
            "PidMode": .string(namespaces.pid == .own ? "" : namespaces.pid.text),
            "IpcMode": .string(namespaces.ipc.text),
            "UsernsMode": .string(settings.userNamespace.mode == .host ? "" : settings.userNamespace.mode.rawValue),
            "UTSMode": .string(namespaces.uts == .own ? "" : namespaces.uts.text),
            "ExtraHosts": .strings(settings.names.hosts), "Dns": .strings(settings.names.servers),
            "DnsSearch": .strings(settings.names.search), "DnsOptions": .strings(settings.names.options),
            "ShmSize": .int(settings.limits.sharedMemory), "Sysctls": .map(settings.limits.kernel),
            "CgroupParent": .string(settings.cgroupParent), "Annotations": .map(settings.annotations),
            "Ulimits": .array(settings.limits.processes.map(\.inspection)),
            "RestartPolicy": ["Name": "no", "MaximumRetryCount": 0], "PortBindings": [:],
        ]
        if let owners = settings.userNamespace.owners {
            let mapping: JSON = .strings(["0:\(owners.first):\(owners.count)"])
            host["IDMappings"] = ["UidMap": mapping, "GidMap": mapping]
        }
        return .object(
            JSONObject(
                (host.members + settings.resources.inspection.members + settings.security.inspection.members).map {
                    ($0.key, $0.value)
                }))
    }
}

extension ContainerSettings.ProcessLimit {
    /// As Docker's documents have it.
    fileprivate var inspection: JSON { ["Name": .string(name), "Soft": .int(soft), "Hard": .int(hard)] }
}
