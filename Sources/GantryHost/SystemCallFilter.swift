internal import CSeccomp
package import GantrySystem

/// A filter of system calls, put together by libseccomp into the program that the kernel runs.
///
/// ```
/// SystemCallFilter(rules: [.init(["read", "write"], .allow)], standard: .errno(1)).program()
/// ```
///
/// Source: seccomp_init(3) and its neighbours; seccomp(2).
package struct SystemCallFilter: Sendable {
    /// What the kernel does at a call.
    package enum Action: Sendable, Equatable {
        case allow
        /// The call answers with this error, 0 to 4095, and nothing happens.
        case errno(UInt16)
        case killProcess
        case killThread
        /// SIGSYS, which the process may handle.
        case trap
        /// As `allow`, with a line in the kernel's log.
        case log

        /// SECCOMP_RET_ALLOW, or SECCOMP_RET_ERRNO with the error in its lower half.
        package var code: UInt32 {
            switch self {
            case .allow: 0x7fff_0000
            case .errno(let number): 0x0005_0000 | UInt32(number)
            case .killProcess: 0x8000_0000
            case .killThread: 0
            case .trap: 0x0003_0000
            case .log: 0x7ffc_0000
            }
        }
    }

    /// How an argument is compared.
    package enum Comparison: UInt32, Sendable {
        case notEqual = 1
        case less, lessOrEqual, equal, greaterOrEqual, greater
        /// Equal to the second value behind the first one as a mask.
        case maskedEqual
    }

    /// A test of an argument, 0 to 5.
    package struct Argument: Sendable, Equatable {
        package var index: UInt32
        package var comparison: Comparison
        package var value: UInt64
        package var second: UInt64

        package init(_ index: UInt32, _ comparison: Comparison, _ value: UInt64, _ second: UInt64 = 0) {
            self.index = index
            self.comparison = comparison
            self.value = value
            self.second = second
        }
    }

    /// What happens at these calls when all tests hold. Names that libseccomp does not know are passed over.
    package struct Rule: Sendable {
        package var names: [String]
        package var action: Action
        package var arguments: [Argument]

        package init(_ names: [String], _ action: Action, _ arguments: [Argument] = []) {
            self.names = names
            self.action = action
            self.arguments = arguments
        }
    }

    /// Whose numbers of system calls are meant; the machine's own comes first.
    package enum Architecture: String, Sendable {
        // The names are the kernel's and the runtime specification's.
        // swift-format-ignore: AlwaysUseLowerCamelCase
        case x86_64, x86, x32, aarch64, arm

        #if arch(arm64)
            package static let family: [Architecture] = [.aarch64, .arm]
        #else
            package static let family: [Architecture] = [.x86_64, .x86, .x32]
        #endif

        /// The kernel's AUDIT_ARCH number, which is libseccomp's but for x32.
        var token: UInt32 { seccomp_arch_resolve_name(rawValue) }
    }

    package var rules: [Rule]
    /// At calls that no rule speaks of.
    package var standard: Action
    /// Every name that whoever wrote the rules knew of, those without a rule included: calls newer than these answer
    /// ENOSYS, so that libraries fall back to older ones as on an older kernel. None when empty.
    package var known: Set<String>

    package init(rules: [Rule], standard: Action, known: Set<String> = []) {
        self.rules = rules
        self.standard = standard
        self.known = known
    }

    /// The program, an array of the kernel's `struct sock_filter` in memory order.
    ///
    /// The calls are looked up in a tree, not one after another. Cost: 20 to 30 ms for 400 names.
    /// - Throws: what libseccomp answered.
    package func program() throws(Errno) -> [UInt8] {
        guard let context = seccomp_init(standard.code) else { throw .noMemory }
        defer { seccomp_release(context) }
        for architecture in Architecture.family.dropFirst() {
            try check(seccomp_arch_add(context, architecture.token))
        }
        try check(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2))
        for rule in rules {
            let tests = rule.arguments.map {
                scmp_arg_cmp(
                    arg: $0.index, op: scmp_compare($0.comparison.rawValue), datum_a: $0.value, datum_b: $0.second)
            }
            for name in rule.names where SystemCalls.knows(name) {
                // An action that is the standard one already is no rule to libseccomp.
                if rule.action == standard { continue }
                try check(
                    seccomp_rule_add_array(
                        context, rule.action.code, seccomp_syscall_resolve_name(name), UInt32(tests.count), tests))
            }
        }
        let file = try File.anonymous("seccomp")
        try check(seccomp_export_bpf(context, file.raw))
        _ = try File.seek(file.raw, 0, .set)
        return unknownCalls() + (try File.readAll(file.raw, limit: 1 << 20))
    }

    private func check(_ code: Int32) throws(Errno) {
        if code < 0 { throw Errno(-code) }
    }
}
