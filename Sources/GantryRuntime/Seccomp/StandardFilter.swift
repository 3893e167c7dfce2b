import GantryHost
import GantryModel
import GantrySystem
import GantryWire
import Synchronization

/// The standard profile for one set of capabilities: as a runtime reads it, and as the kernel runs it.
///
/// A runtime translates its `linux.seccomp` into the kernel's program at every start, which takes it 10 to 15 ms: more
/// than all of the rest. So the daemon translates once for each set, and crun takes the program ready-made from an
/// annotation (`run.oci.seccomp_bpf_data`, crun(1)). Whoever does not know the annotation reads `linux.seccomp`, which
/// stands beside it and says the same.
struct StandardFilter: Sendable {
    /// `linux.seccomp`.
    let specification: JSON
    /// The value of crun's annotation; nil when libseccomp could not make the program.
    let program: String?

    /// The filter of a container with these capabilities. Made at the first call for each set, in 30 ms.
    static func of(_ capabilities: [String]) -> StandardFilter {
        // Held while one is made: whoever comes meanwhile wants the same one, as a rule.
        cache.withLock { cache in
            if let made = cache[capabilities] { return made }
            // Whoever draws sets at random does not fill the memory with them.
            if cache.count >= 64 { cache.removeAll() }
            let made = StandardFilter(for: SeccompProfile.Subject(capabilities: capabilities))
            cache[capabilities] = made
            return made
        }
    }

    private init(for subject: SeccompProfile.Subject) {
        specification = SeccompProfile.standard.specification(for: subject)
        program = (try? SeccompProfile.standard.filter(for: subject)?.program()).map(Base64.encode)
    }

    private static let cache = Mutex<[[String]: StandardFilter]>([:])

    /// crun's name for the program.
    static let annotation = "run.oci.seccomp_bpf_data"
}

extension SeccompProfile {
    /// The filter that the profile means for a container; nil when it has actions that only a runtime can prepare.
    func filter(for subject: Subject) -> SystemCallFilter? {
        guard let standard = Self.action(defaultAction, defaultErrno) else { return nil }
        var filter = SystemCallFilter(rules: [], standard: standard, known: names)
        for rule in rules where rule.stands(for: subject) {
            guard let action = Self.action(rule.action, rule.errno) else { return nil }
            var tests: [SystemCallFilter.Argument] = []
            for argument in rule.arguments {
                guard let comparison = Self.comparison(argument.comparison) else { return nil }
                tests.append(.init(UInt32(argument.index), comparison, argument.value, argument.second))
            }
            filter.rules.append(.init(rule.names, action, tests))
        }
        return filter
    }

    private static func action(_ name: String, _ errno: Int64?) -> SystemCallFilter.Action? {
        switch name {
        case "SCMP_ACT_ALLOW": .allow
        case "SCMP_ACT_ERRNO": .errno(UInt16(truncatingIfNeeded: errno ?? 1))
        case "SCMP_ACT_KILL_PROCESS": .killProcess
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": .killThread
        case "SCMP_ACT_TRAP": .trap
        case "SCMP_ACT_LOG": .log
        default: nil
        }
    }

    private static func comparison(_ name: String) -> SystemCallFilter.Comparison? {
        switch name {
        case "SCMP_CMP_EQ": .equal
        case "SCMP_CMP_NE": .notEqual
        case "SCMP_CMP_LT": .less
        case "SCMP_CMP_LE": .lessOrEqual
        case "SCMP_CMP_GE": .greaterOrEqual
        case "SCMP_CMP_GT": .greater
        case "SCMP_CMP_MASKED_EQ": .maskedEqual
        default: nil
        }
    }
}
