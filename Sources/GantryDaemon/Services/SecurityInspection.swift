import GantryModel
import GantryRuntime
import GantryWire

extension ContainerSettings.Security {
    /// The part of `HostConfig` that says how far the container is shut in; what was not asked for is null, as docker
    /// has it.
    ///
    /// Source: Docker Engine API v1.43, ContainerInspect.
    var inspection: JSONObject {
        func list(_ strings: [String]) -> JSON { strings.isEmpty ? .null : .strings(strings) }
        return [
            "CapAdd": list(capAdd), "CapDrop": list(capDrop), "SecurityOpt": list(options),
            "Privileged": .bool(privileged), "ReadonlyRootfs": .bool(readOnlyRoot), "GroupAdd": list(groups),
            "Devices": .array(
                devices.map {
                    [
                        "PathOnHost": .string($0.source), "PathInContainer": .string($0.target),
                        "CgroupPermissions": .string($0.access),
                    ]
                }),
            "DeviceCgroupRules": list(deviceRules),
            "MaskedPaths": privileged ? .null : .strings(maskedPaths),
            "ReadonlyPaths": privileged ? .null : .strings(readOnlyPaths),
        ]
    }
}
