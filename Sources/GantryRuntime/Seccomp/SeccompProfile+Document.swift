import GantryModel
import GantryWire

extension SeccompProfile {
    /// The profile as the file that `--security-opt seccomp=FILE` takes.
    var document: JSON {
        var object: JSONObject = ["defaultAction": .string(defaultAction)]
        object.put("defaultErrnoRet", defaultErrno.map { JSON.int($0) })
        object.put("architectures", .strings(architectures))
        object.put(
            "archMap",
            .array(
                families.map {
                    ["architecture": .string($0.architecture), "subArchitectures": .strings($0.others)]
                }))
        object.put("flags", .strings(flags))
        object.put("listenerPath", listenerPath)
        object.put("listenerMetadata", listenerMetadata)
        object["syscalls"] = .array(rules.map(\.document))
        return .object(object)
    }
}

extension SeccompProfile.Rule {
    fileprivate var document: JSON {
        var object = JSONObject()
        object.put("comment", comment)
        object["names"] = .strings(names)
        object["action"] = .string(action)
        object.put("errnoRet", errno.map { JSON.int($0) })
        object.put("args", .array(arguments.map(\.json)))
        object.put("includes", includes.document)
        object.put("excludes", excludes.document)
        return .object(object)
    }
}

extension SeccompProfile.Condition {
    fileprivate var document: JSON {
        var object = JSONObject()
        object.put("caps", .strings(capabilities))
        object.put("arches", .strings(architectures))
        object.put("minKernel", minimumKernel?.text)
        return .object(object)
    }
}
