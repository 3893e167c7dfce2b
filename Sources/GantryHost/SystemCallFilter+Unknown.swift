internal import CSeccomp

extension SystemCallFilter {
    /// Instructions that go before the program: ENOSYS for numbers above every known one. libseccomp takes names only,
    /// and has none for what is newer than itself.
    ///
    /// For each architecture: is it this one, and is the number above the newest? Then ENOSYS; else on to the next.
    func unknownCalls() -> [UInt8] {
        guard !known.isEmpty else { return [] }
        var code = [UInt8]()
        for architecture in Architecture.family where architecture != .x32 {
            guard let newest = newest(of: architecture) else { continue }
            let shared = architecture == .x86_64
            code.append(Instruction.load, 0, 0, 4)
            code.append(Instruction.jumpIfEqual, 0, shared ? 4 : 3, architecture.token)
            code.append(Instruction.load, 0, 0, 0)
            // x32 has the processor's architecture, and its numbers begin here.
            if shared { code.append(Instruction.jumpIfAtLeast, 2, 0, 0x4000_0000) }
            code.append(Instruction.jumpIfAbove, 0, 1, newest)
            code.append(Instruction.answer, 0, 0, Action.errno(38).code)
        }
        return code
    }

    /// The highest number; those that Arm keeps for itself, far above all others, do not count.
    private func newest(of architecture: Architecture) -> UInt32? {
        known.compactMap { name -> UInt32? in
            let number = seccomp_syscall_resolve_name_arch(architecture.token, name)
            return (0..<0x8000).contains(number) ? UInt32(number) : nil
        }.max()
    }

    /// Operation codes of classic BPF. Source: the kernel's Documentation/networking/filter.rst.
    private enum Instruction {
        /// A 32-bit word of `struct seccomp_data`, whose number is at 0 and whose architecture is at 4.
        static let load: UInt16 = 0x20
        static let jumpIfEqual: UInt16 = 0x15
        static let jumpIfAbove: UInt16 = 0x25
        static let jumpIfAtLeast: UInt16 = 0x35
        static let answer: UInt16 = 0x06
    }
}

extension [UInt8] {
    /// One `struct sock_filter`: code, how far to jump when true and when false, operand.
    fileprivate mutating func append(_ code: UInt16, _ yes: UInt8, _ no: UInt8, _ operand: UInt32) {
        Swift.withUnsafeBytes(of: code) { append(contentsOf: $0) }
        append(yes)
        append(no)
        Swift.withUnsafeBytes(of: operand) { append(contentsOf: $0) }
    }
}
