import GantryHost
import GantryModel
import GantrySystem
import GantryWire

/// From a profile to what a runtime is told.
extension SeccompProfile {
    /// For whom the conditions of a profile are looked at.
    struct Subject: Sendable {
        var capabilities: [String]
        /// As Go names it.
        var architecture: String = Subject.ownArchitecture
        var kernel: KernelVersion? = Subject.ownKernel

        #if arch(arm64)
            static let ownArchitecture = "arm64"
            static let ownFamily = "SCMP_ARCH_AARCH64"
        #else
            static let ownArchitecture = "amd64"
            static let ownFamily = "SCMP_ARCH_X86_64"
        #endif

        static let ownKernel: KernelVersion? = {
            let release = (try? File.contents("/proc/sys/kernel/osrelease", limit: 256)) ?? []
            return KernelVersion(String(decoding: release, as: UTF8.self))
        }()
    }

    /// `linux.seccomp` for a container: the rules that stand for it, without names that libseccomp does not know.
    ///
    /// Cost: a look-up in libseccomp for each name, about 0.1 ms for the standard profile.
    func specification(for subject: Subject) -> JSON {
        var object: JSONObject = ["defaultAction": .string(defaultAction)]
        object.put("defaultErrnoRet", defaultErrno.map { JSON.int($0) })
        let family = families.first { $0.architecture == Subject.ownFamily }
        object.put(
            "architectures",
            .strings(architectures.isEmpty ? family.map { [$0.architecture] + $0.others } ?? [] : architectures))
        object.put("flags", .strings(flags))
        object.put("listenerPath", listenerPath)
        object.put("listenerMetadata", listenerMetadata)
        object["syscalls"] = .array(
            merged(rules.filter { $0.stands(for: subject) }).compactMap(
                \.specification))
        return .object(object)
    }

    /// Rules that do the same at other names become one: fewer for the runtime to read.
    private func merged(_ rules: [Rule]) -> [Rule] {
        var result = [Rule]()
        for rule in rules {
            let same = result.firstIndex {
                $0.action == rule.action && $0.errno == rule.errno && $0.arguments == rule.arguments
            }
            if let same { result[same].names += rule.names } else { result.append(rule) }
        }
        return result
    }
}

extension SeccompProfile.Condition {
    /// As a rule's `includes`: all of the capabilities, one of the architectures, at least the kernel.
    func holds(for subject: SeccompProfile.Subject) -> Bool {
        capabilities.allSatisfy(subject.capabilities.contains)
            && (architectures.isEmpty || architectures.contains(subject.architecture))
            && reached(by: subject, otherwise: true)
    }

    /// As a rule's `excludes`: any of the capabilities, one of the architectures, or the kernel.
    func concerns(_ subject: SeccompProfile.Subject) -> Bool {
        capabilities.contains(where: subject.capabilities.contains) || architectures.contains(subject.architecture)
            || reached(by: subject, otherwise: false)
    }

    private func reached(by subject: SeccompProfile.Subject, otherwise: Bool) -> Bool {
        guard let minimumKernel, let kernel = subject.kernel else { return otherwise }
        return kernel >= minimumKernel
    }
}

extension SeccompProfile.Rule {
    func stands(for subject: SeccompProfile.Subject) -> Bool {
        includes.holds(for: subject) && !excludes.concerns(subject)
    }

    /// The entry of `linux.seccomp.syscalls`; nil when libseccomp knows none of the names.
    fileprivate var specification: JSON? {
        var seen = Set<String>()
        let known = names.filter { SystemCalls.knows($0) && seen.insert($0).inserted }
        guard !known.isEmpty else { return nil }
        var object: JSONObject = ["names": .strings(known), "action": .string(action)]
        object.put("errnoRet", errno.map { JSON.int($0) })
        object.put("args", .array(arguments.map(\.json)))
        return .object(object)
    }
}

extension SeccompProfile.Argument {
    /// The entry of `args`, the same in a profile and in a specification.
    var json: JSON {
        [
            "index": .int(index), "value": .integer(value), "valueTwo": .integer(second), "op": .string(comparison),
        ]
    }
}
