/// A seccomp profile as Docker's users write it: rules with conditions, of which a container gets those that hold for it.
///
/// ```
/// file or table ──▶ SeccompProfile ──specification(for:)──▶ linux.seccomp of the OCI configuration
/// ```
///
/// Source: Docker's manual, "Seccomp security profiles for Docker"; OCI runtime-spec v1.0.2, config-linux.md, "Seccomp".
struct SeccompProfile: Sendable, Equatable {
    /// What happens at some calls.
    struct Rule: Sendable, Equatable {
        var names: [String]
        /// `SCMP_ACT_ALLOW`, ….
        var action: String
        /// The error that the call answers with under SCMP_ACT_ERRNO; EPERM when nil.
        var errno: Int64?
        /// All must hold; those of one index are alternatives.
        var arguments: [Argument] = []
        /// The rule stands for containers that have all of the capabilities, and run on one of the architectures.
        var includes = Condition()
        /// It does not stand for containers that have any of these.
        var excludes = Condition()
        var comment: String?
    }

    /// A test of one argument of a call.
    struct Argument: Sendable, Equatable {
        /// 0 to 5.
        var index: Int64
        var value: UInt64
        /// The value after the mask, for SCMP_CMP_MASKED_EQ.
        var second: UInt64 = 0
        /// `SCMP_CMP_EQ`, ….
        var comparison: String
    }

    struct Condition: Sendable, Equatable {
        var capabilities: [String] = []
        /// `amd64`, `arm64`, …: as Go names them.
        var architectures: [String] = []
        var minimumKernel: KernelVersion?

        var isEmpty: Bool { capabilities.isEmpty && architectures.isEmpty && minimumKernel == nil }
    }

    /// An architecture with those whose programs its kernel runs as well.
    struct Family: Sendable, Equatable {
        /// `SCMP_ARCH_X86_64`, ….
        var architecture: String
        var others: [String]
    }

    /// What happens at every call that no rule speaks of.
    var defaultAction: String
    var defaultErrno: Int64?
    /// Exactly these, when given.
    var architectures: [String] = []
    /// The machine's own of these, when `architectures` is empty.
    var families: [Family] = []
    var flags: [String] = []
    var listenerPath: String?
    var listenerMetadata: String?
    var rules: [Rule]

    /// Every name that a rule speaks of.
    var names: Set<String> { Set(rules.flatMap(\.names)) }
}

/// A Linux version as far as profiles compare it.
struct KernelVersion: Sendable, Equatable, Comparable {
    var major: Int
    var minor: Int

    /// Reads `4.8`, and the beginning of `6.1.0-13-amd64`.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1].prefix { $0.isNumber }) else {
            return nil
        }
        (self.major, self.minor) = (major, minor)
    }

    var text: String { "\(major).\(minor)" }

    static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
}
