import GantrySystem

/// What each line of docs/security.md claims, by its id or by the beginning of its id. A check gives its objection, or nil.
enum SecurityChecks {
    typealias Check = @Sendable (SecurityPage.Row, SecurityFacts) throws -> String?

    static func check(for id: String) -> Check? {
        exact[id] ?? families.first { id.hasPrefix($0.prefix) }?.check
    }

    private static let exact: [String: Check] = process.merging(sets) { old, _ in old }
        .merging(cgroups) { old, _ in old }.merging(places) { old, _ in old }.merging(calls) { old, _ in old }
        .merging(options) { old, _ in old }

    private static let families: [(prefix: String, check: Check)] = [
        ("cap-", capability), ("ns-", namespace), ("sysctl-", sysctl), ("mount-", mount), ("masked-", masked),
        ("readonly-", readOnly), ("dev-", device), ("link-", link), ("use-", use), ("calls-", allowed),
        ("gate-", gate), ("refused-", refused),
    ]

    /// An objection unless both are the same.
    static func same<Value: Equatable>(_ seen: Value?, _ wanted: Value) -> String? {
        seen == wanted ? nil : "found \(seen.map { "'\($0)'" } ?? "nothing") instead of '\(wanted)'"
    }

    static func unless(_ fine: Bool, _ objection: @autoclosure () -> String) -> String? { fine ? nil : objection() }

    // MARK: The process

    private static let process: [String: Check] = [
        "user": { _, facts in same(facts.said["uid"], "0:0") },
        "groups": { row, facts in
            same(facts.status["Groups"], "0") ?? unless(row.gantry == "yes", "the page says '\(row.gantry)'")
        },
        "umask": { row, facts in same(facts.said["umask"], row.gantry) },
        "oom-score-adj": { row, facts in same(facts.said["oom"], row.gantry) },
        "no-new-privileges": { _, facts in same(facts.status["NoNewPrivs"], "0") },
        "signals": { _, facts in
            same(facts.status["SigBlk"], "0000000000000000") ?? same(facts.status["SigIgn"], "0000000000000000")
        },
        "descriptors": { _, facts in same(facts.answers["descriptors -"], 0) },
        "limit-nofile": { _, facts in
            let hard = try daemonLimits(facts)["Max open files"]?[1]
            return same(
                limit(facts.said["limit-Max open files"])[0], (hard.flatMap { Int($0) } ?? .max) < 1024 ? hard! : "1024"
            )
        },
        "limits": { _, facts in
            for (name, values) in try daemonLimits(facts) {
                let own = limit(facts.said["limit-" + name])
                let from = name == "Max open files" ? 1 : 0
                if own.count < 2 || own[from..<2] != values[from..<2] { return "\(name): \(own) instead of \(values)" }
            }
            return nil
        },
        "apparmor": { _, facts in
            let label = facts.said["label"] ?? ""
            return unless(label.isEmpty || label.hasPrefix("unconfined"), "the profile is '\(label)'")
        },
        "selinux": { _, facts in
            unless(facts.said["label"]?.contains("container_t") != true, "the label is '\(facts.said["label"] ?? "")'")
        },
    ]

    private static func limit(_ text: String?) -> [String] {
        let words = (text ?? "").split(separator: " ").map(String.init)
        return words.count >= 2 ? words : ["", ""]
    }

    /// Soft and hard limits of gantryd, by the kernel's names.
    private static func daemonLimits(_ facts: SecurityFacts) throws -> [String: [String]] {
        var limits: [String: [String]] = [:]
        for line in Machine.read("/proc/\(facts.engine.daemonPID ?? 0)/limits").split(separator: "\n").dropFirst() {
            var name = String(line.prefix(25))
            while name.last == " " { name.removeLast() }
            limits[name] = limit(String(line.dropFirst(25)))
        }
        return limits
    }

    // MARK: Capabilities

    /// Capabilities by their numbers, in the order of the page's table.
    static let capabilities: [String] =
        ((try? SecurityPage.rows()) ?? []).filter { $0.id.hasPrefix("cap-") }.map { String($0.id.dropFirst(4)) }

    static func mask(_ names: [String]) -> UInt64 {
        names.reduce(0) { mask, name in
            mask | (capabilities.firstIndex(of: name).map { UInt64(1) << UInt64($0) } ?? 0)
        }
    }

    static func mask(_ status: [String: String], _ set: String) -> UInt64? {
        status[set].flatMap { UInt64($0, radix: 16) }
    }

    private static let capability: Check = { row, facts in
        let held = mask(facts.status, "CapBnd").map { $0 & mask([String(row.id.dropFirst(4))]) != 0 }
        return same(held, row.gantry == "held")
            ?? unless(["held", "not held"].contains(row.gantry), "held or not?")
    }

    private static let sets: [String: Check] = [
        "caps-effective": { _, facts in
            same(facts.status["CapEff"], facts.status["CapBnd"] ?? "")
                ?? same(facts.status["CapPrm"], facts.status["CapBnd"] ?? "")
        },
        "caps-inheritable": { _, facts in same(mask(facts.status, "CapInh"), 0) },
        "caps-ambient": { _, facts in same(mask(facts.status, "CapAmb"), 0) },
        "caps-user": { _, facts in
            for set in ["CapEff", "CapPrm", "CapAmb"] {
                if let objection = same(mask(facts.otherStatus, set), 0) { return set + ": " + objection }
            }
            return nil
        },
        "caps-user-bounding": { _, facts in same(facts.otherStatus["CapBnd"], facts.status["CapBnd"] ?? "") },
    ]
}
