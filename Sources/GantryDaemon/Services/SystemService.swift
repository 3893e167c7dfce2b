import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `system.*`: what this daemon is and what it found on its machine.
struct SystemService: Sendable {
    let configuration: Configuration
    let containers: ContainerService
    /// What there is now, built in and not.
    let plugins: @Sendable () -> [PluginReport]
    let reload: @Sendable () throws(GantryError) -> JSONObject
    let features: KernelFeatures
    let id: String

    var methods: [Method] { [ping, version, info, pluginList, plugin, reloading] }

    private var ping: Method {
        Method("system.ping", "Answers.", result: "{}", access: .read, mode: .inline) { _ in [:] }
    }

    private var version: Method {
        Method(
            "system.version", "Says which version this is.", result: "{version, protocol, os, arch, kernel, …}",
            access: .read
        ) { _ in
            let host = Host.name()
            var components: [JSON] = [["name": "gantryd", "version": .string(Release.version)]]
            if let runtime = try? containers.standardRuntime.get() {
                components.append(["name": .string(runtime.name), "version": .string(runtime.version())])
            }
            return [
                "version": .string(Release.version), "protocol": 1, "os": "linux",
                "arch": .string(Release.architecture),
                "kernel": .string(host.release), "components": .array(components),
            ]
        }
    }

    private var info: Method {
        Method(
            "system.info", "Says what this daemon has and uses.", result: "An object for people and programs.",
            access: .read
        ) { call in
            let all = containers.containers.containers(namespace: call.namespace)
            let running = all.count { $0.status.state == .running || $0.status.state == .paused }
            let host = Host.name()
            var warnings = [JSON]()
            let runtime: JSON
            do throws(GantryError) {
                let choice = try containers.standardRuntime.get()
                runtime = [
                    "name": .string(choice.name), "path": .string(choice.path), "version": .string(choice.version()),
                    "reason": .string(choice.reason),
                ]
            } catch {
                runtime = ["name": "none", "reason": .string(error.message)]
                warnings.append(.string(error.message))
            }
            return [
                "id": .string(id), "version": .string(Release.version), "root": .string(configuration.root),
                "state": .string(configuration.state), "namespace": .string(call.namespace),
                "containers": .int(Int64(all.count)), "containersRunning": .int(Int64(running)),
                "containersStopped": .int(Int64(all.count - running)),
                "images": .int(
                    Int64(Set(containers.images.images(namespace: call.namespace).map(\.target.digest)).count)),
                "snapshotter": .string(containers.drivers.standard), "runtime": runtime,
                "cgroup": [
                    "version": .string(containers.cgroups.version.rawValue),
                    "driver": .string(containers.cgroups.driver.rawValue),
                ],
                "hostname": .string(host.node), "kernel": .string(host.release), "os": "linux",
                "arch": .string(Release.architecture), "cpus": .int(Int64(Processes.count)),
                "memory": .int(Processes.memoryBytes), "features": features.json, "warnings": .array(warnings),
            ]
        }
    }

    private var pluginList: Method {
        Method(
            "system.plugins", "Lists the parts that are plugged in, and why others are not.",
            result:
                "{plugins: [{kind, name, state, reason?, requires, capabilities, exports, bootMs?, lastError?, lastErrorAt?, process?}]}",
            access: .read
        ) { _ in
            ["plugins": .array(plugins().map(\.json))]
        }
    }

    private var plugin: Method {
        Method(
            "system.plugin", "Describes one plugin.",
            params: [Field("id", .string, required: true, "KIND/NAME, or the name alone where that says enough.")],
            result: "As an element of system.plugins.", errors: [.notFound, .failedPrecondition], access: .read
        ) { call in
            let id = try call.string("id")
            let found = plugins().filter { $0.id == id || $0.name == id }
            guard let report = found.first else {
                throw GantryError(.notFound, "inspect plugin '\(id)': no such plugin; `gantry plugins` lists them")
            }
            guard found.count == 1 || report.id == id else {
                let ids = found.map(\.id).joined(separator: ", ")
                throw GantryError(.failedPrecondition, "inspect plugin '\(id)': the name fits several: \(ids)")
            }
            return report.json
        }
    }

    private var reloading: Method {
        Method(
            "system.reload",
            "Takes up configuration and plugin manifests as they are now, without touching containers. Nothing changes when the configuration is wrong.",
            result:
                "{configuration: {changed, later}, plugins: {added, removed, changed, kept, faults}}; `later` are keys that count after a restart only.",
            errors: [.invalidArgument]
        ) { _ in .object(try reload()) }
    }
}

/// The version of this program.
package enum Release {
    package static let version = "0.1.0"

    /// As images name it.
    static var architecture: String { Platform.host(machine: Host.name().machine).architecture }
}
