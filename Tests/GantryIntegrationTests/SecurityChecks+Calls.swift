/// Filters of system calls.
extension SecurityChecks {
    private static let refusal = 1
    private static let absence = 38

    /// What is not refused without the filter is not refused with it.
    static let allowed: Check = { row, facts in
        guard row.gantry == "allowed", !row.calls.isEmpty else { return "the line is not understood" }
        for name in row.calls {
            guard let free = facts.unfiltered["call " + name], let answer = facts.answers["call " + name] else {
                continue  // another architecture's, or newer than the C library
            }
            if free != refusal, free != absence, [refusal, absence].contains(answer) { return "\(name) is refused" }
        }
        return nil
    }

    static let refused: Check = { row, facts in
        let answers = row.calls.compactMap { name in facts.answers["call " + name].map { (name, $0) } }
        guard row.gantry == "EPERM", !row.calls.isEmpty else { return "the line is not understood" }
        return answers.first { $0.1 != refusal }.map { "\($0.0) answers \($0.1)" }
    }

    /// Refused without the capability; with it, whatever the call says without a filter.
    static let gate: Check = { row, facts in
        let capability = String(row.id.dropFirst("gate-".count))
        guard row.gantry == "with " + capability, !row.calls.isEmpty else { return "the line is not understood" }
        let short = String(capability.dropFirst("CAP_".count))
        // chroot's capability is one that containers have.
        let held = mask(facts.status, "CapBnd").map { $0 & mask([short]) != 0 } ?? false
        let take = ["--cap-drop", short]
        let give = ["--cap-add", short]
        let without = held ? try facts.calls(row.calls, take) : facts.answers
        for name in row.calls {
            guard let answer = without["call " + name] else { continue }
            // clone is open without its namespaces, and clone3 not there at all.
            let wanted = name == "clone3" ? absence : refusal
            if name != "clone", answer != wanted { return "\(name) answers \(answer) without it" }
        }
        let with = held ? facts.answers : try facts.calls(row.calls, give)
        let free = try facts.calls(row.calls, give + ["--security-opt", "seccomp=unconfined"])
        guard !free.isEmpty else { return "the capability cannot be added" }
        for (name, answer) in free where answer != refusal && answer != absence && name.hasPrefix("call ") {
            if let own = with[name], [refusal, absence].contains(own) { return "\(name) answers \(own) with it" }
        }
        return nil
    }

    static let calls: [String: Check] = [
        "seccomp-mode": { _, facts in
            same(facts.status["Seccomp"], "2") ?? same(facts.status["Seccomp_filters"], "1")
        },
        "seccomp-newer": { _, facts in same(facts.answers["call newer"], absence) },
        "seccomp-x86": { _, facts in
            // No answer: another processor, or a kernel that runs no 32-bit programs.
            guard let free = facts.unfiltered["x86 add_key"], free != -1 else { return nil }
            return same(facts.answers["x86 add_key"], refusal) ?? same(facts.answers["x86 getpid"], 0)
                ?? unless(free != refusal, "it is refused without the filter too")
        },
        "seccomp-exec": { _, facts in
            try facts.executed([], ["grep", "-E", "^(Seccomp|CapEff)", "/proc/self/status"]) { lines in
                let status = SecurityFacts.pairs(lines, at: ":")
                return same(status["Seccomp"], "2") ?? same(status["CapEff"], facts.status["CapEff"] ?? "")
            }
        },
        "args-clone": { _, facts in same(facts.answers["args clone"], 0) },
        "args-clone-namespace": { _, facts in
            same(facts.answers["args clone-user"], refusal) ?? same(facts.answers["args clone-net"], refusal)
        },
        "args-clone3": { _, facts in same(facts.answers["call clone3"], absence) },
        "args-personality": { _, facts in
            (0..<5).compactMap { same(facts.answers["args personality-\($0)"], 0) }.first
        },
        "args-personality-others": { _, facts in same(facts.answers["args personality-others"], refusal) },
        "args-socket": { _, facts in
            same(facts.answers["args socket-unix"], 0) ?? same(facts.answers["args socket-inet"], 0)
        },
        "args-socket-vsock": { _, facts in same(facts.answers["args socket-vsock"], refusal) },
    ]
}

extension SecurityFacts {
    /// Executes a command in a container that runs, and judges its lines.
    func executed(
        _ options: [String], _ command: [String], judge: ([String]) throws -> String?
    ) throws -> String? {
        let id = try engine.run(["run", "-d", "--runtime", runtime, "busybox", "sleep", "1000"]).text
        defer { _ = try? engine.run(["rm", "-f", id]) }
        let outcome = try engine.run(["exec"] + options + [id] + command)
        return outcome.status == 0 ? try judge(outcome.lines) : "exec: \(outcome.errorText)"
    }
}
