extension SeccompProfile {
    /// The profile of every container that asks for no other: `SeccompTable` as rules.
    static let standard = SeccompProfile(
        defaultAction: "SCMP_ACT_ERRNO", defaultErrno: 1,
        families: [
            Family(architecture: "SCMP_ARCH_X86_64", others: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]),
            Family(architecture: "SCMP_ARCH_AARCH64", others: ["SCMP_ARCH_ARM"]),
        ],
        rules: SeccompTable.common.map { group in
            Rule(names: group.calls, action: "SCMP_ACT_ALLOW", comment: group.reason)
        } + conditional
            + SeccompTable.gated.map { gate in
                Rule(
                    names: gate.calls, action: "SCMP_ACT_ALLOW", includes: Condition(capabilities: [gate.capability]))
            })

    /// Calls whose arguments decide, and `clone3`, which passes them in memory that a filter cannot read: ENOSYS has
    /// libraries fall back to `clone`.
    private static let conditional: [Rule] =
        SeccompTable.personalities.map { persona in
            Rule(
                names: ["personality"], action: "SCMP_ACT_ALLOW",
                arguments: [Argument(index: 0, value: persona, comparison: "SCMP_CMP_EQ")])
        } + [
            Rule(
                names: ["socket"], action: "SCMP_ACT_ALLOW",
                arguments: [Argument(index: 0, value: SeccompTable.vsock, comparison: "SCMP_CMP_NE")],
                comment: "every family but AF_VSOCK"),
            Rule(
                names: ["clone"], action: "SCMP_ACT_ALLOW",
                arguments: [
                    Argument(
                        index: 0, value: SeccompTable.namespaceFlags, second: 0, comparison: "SCMP_CMP_MASKED_EQ")
                ],
                excludes: Condition(capabilities: ["CAP_SYS_ADMIN"]), comment: "without a flag that makes a namespace"),
            Rule(
                names: ["clone3"], action: "SCMP_ACT_ERRNO", errno: 38,
                excludes: Condition(capabilities: ["CAP_SYS_ADMIN"]),
                comment: "as if the kernel did not have it, so that libraries take clone, which can be looked into"),
        ]
}
