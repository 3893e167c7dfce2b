import GantryCore
import GantryHost
import GantryModel
package import GantryWire

/// A filter that asks before it refuses: `--trace-seccomp`.
///
/// What the container may do is not changed by a bit. Where its filter would answer with an error, the kernel asks the shim,
/// which counts the call and gives that answer (`CallTrace` there). crun takes the asking program ready-made; other
/// runtimes translate rules, in which a call that is refused for some arguments only cannot always be told: those are
/// refused unseen.
struct SeccompTrace: Sendable {
    /// The filter as it would be without, for the shim to look answers up in.
    let program: [UInt8]
    /// crun's program.
    var asking: String { Base64.encode(FilterProgram.asking(program)) }
    /// `linux.seccomp`, with the listener.
    let specification: JSON

    /// - Throws: `.invalidArgument` for a profile that asks somebody else already, or has actions that need a tracer.
    init(_ profile: SeccompProfile, for subject: SeccompProfile.Subject, listener: String) throws(GantryError) {
        guard profile.listenerPath == nil, var filter = profile.filter(for: subject) else {
            throw GantryError(
                .invalidArgument,
                "create container: traceSeccomp: the seccomp profile has a listener of its own, or actions that need a tracer"
            )
        }
        // Only ours answers for calls that are newer than itself.
        if profile != .standard { filter.known = [] }
        do {
            program = try filter.program()
        } catch {
            throw GantryError("make seccomp program", error)
        }
        var traced = profile.asking(for: subject)
        traced.listenerPath = listener
        specification = traced.specification(for: subject)
    }
}

extension SeccompProfile {
    fileprivate static let ask = "SCMP_ACT_NOTIFY"

    /// The same with every refusal by an error turned into a question, as far as rules can say it.
    fileprivate func asking(for subject: Subject) -> SeccompProfile {
        var result = self
        let standing = rules.filter { $0.stands(for: subject) }
        result.rules = standing.map { rule in
            guard rule.action == "SCMP_ACT_ERRNO" else { return rule }
            var rule = rule
            rule.action = Self.ask
            rule.errno = nil
            return rule
        }
        guard defaultAction == "SCMP_ACT_ERRNO" else { return result }
        let named = Set(standing.flatMap(\.names))
        // A runtime refuses a filter that asks by default, since it has to get its own last calls through.
        result.rules.append(Rule(names: SystemCalls.all().subtracting(named).sorted(), action: Self.ask))
        // Two rules about a call are alternatives: the opposite of the one may be what the other allows.
        var rulesOf: [String: [Rule]] = [:]
        for rule in standing { for name in rule.names { rulesOf[name, default: []].append(rule) } }
        for (name, rules) in rulesOf.sorted(by: { $0.key < $1.key })
        where rules.count == 1 && rules[0].action == "SCMP_ACT_ALLOW" {
            for opposite in rules[0].opposites {
                result.rules.append(Rule(names: [name], action: Self.ask, arguments: [opposite]))
            }
        }
        return result
    }
}

extension SeccompProfile.Rule {
    /// What holds where the one test of this rule does not, one or the other; none where that cannot be said.
    fileprivate var opposites: [SeccompProfile.Argument] {
        guard arguments.count == 1, let test = arguments.first else { return [] }
        func with(_ comparison: String, _ value: UInt64, _ second: UInt64 = 0) -> SeccompProfile.Argument {
            SeccompProfile.Argument(index: test.index, value: value, second: second, comparison: comparison)
        }
        switch test.comparison {
        case "SCMP_CMP_EQ": return [with("SCMP_CMP_NE", test.value)]
        case "SCMP_CMP_NE": return [with("SCMP_CMP_EQ", test.value)]
        case "SCMP_CMP_MASKED_EQ" where test.second == 0:
            return (0..<64).map { UInt64(1) << UInt64($0) }.filter { test.value & $0 != 0 }
                .map { with("SCMP_CMP_MASKED_EQ", $0, $0) }
        default: return []
        }
    }
}

extension ContainerSettings.Security {
    /// The trace of a container that is to have one.
    /// - Throws: `.invalidArgument` when nothing is filtered, or the profile cannot be traced.
    func trace(listener: String) throws(GantryError) -> SeccompTrace? {
        guard tracesCalls else { return nil }
        let subject = SeccompProfile.Subject(capabilities: capabilities)
        switch seccomp {
        case .standard where !privileged: return try SeccompTrace(.standard, for: subject, listener: listener)
        case .profile(let profile): return try SeccompTrace(profile, for: subject, listener: listener)
        case .standard, .unconfined:
            throw GantryError(
                .invalidArgument,
                "create container: traceSeccomp: nothing is filtered, with privileged or seccomp=unconfined; without them there is something to trace"
            )
        }
    }
}

extension RefusedCall {
    /// The call's name as libseccomp has it; its number where that knows none.
    package var name: String {
        SystemCalls.name(number, architecture: architecture) ?? "system call \(number)"
    }
}
