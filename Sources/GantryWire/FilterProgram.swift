/// A program of the kernel's for filtering system calls, and the machine that runs it: so that whoever is asked about a
/// call can say what the filter would have answered.
///
/// Source: the kernel's Documentation/networking/filter.rst; seccomp(2).
package struct FilterProgram: Sendable {
    /// What the program answers, SECCOMP_RET_….
    package enum Verdict: Sendable, Equatable {
        case allow
        case errno(Int32)
        /// Anything else, by its number: killing, tracing.
        case other(UInt32)
    }

    private struct Step: Sendable {
        var code: UInt16
        var yes: Int
        var no: Int
        var operand: UInt32
    }

    private let steps: [Step]

    /// - Parameter program: an array of `struct sock_filter` in memory order.
    package init(_ program: [UInt8]) {
        steps = stride(from: 0, to: program.count - program.count % 8, by: 8).map { at in
            program[at..<at + 8].withUnsafeBytes { bytes in
                Step(
                    code: bytes.loadUnaligned(as: UInt16.self), yes: Int(bytes[2]), no: Int(bytes[3]),
                    operand: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            }
        }
    }

    /// What the kernel would be told; nil for a program that it would not take.
    ///
    /// - Parameter architecture: AUDIT_ARCH_….
    package func answer(_ number: UInt32, architecture: UInt32, _ arguments: [UInt64] = []) -> UInt32? {
        // struct seccomp_data: number, architecture, the instruction's address, six arguments; little-endian halves.
        var data = [number, architecture, 0, 0]
        for index in 0..<6 {
            let value = index < arguments.count ? arguments[index] : 0
            data += [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
        }
        var at = 0
        var accumulator: UInt32 = 0
        while at < steps.count {
            let step = steps[at]
            at += 1
            switch step.code {
            case 0x20 where Int(step.operand) / 4 < data.count: accumulator = data[Int(step.operand) / 4]
            case 0x54: accumulator &= step.operand
            case 0x05: at += Int(step.operand)
            case 0x15: at += accumulator == step.operand ? step.yes : step.no
            case 0x25: at += accumulator > step.operand ? step.yes : step.no
            case 0x35: at += accumulator >= step.operand ? step.yes : step.no
            case 0x45: at += accumulator & step.operand != 0 ? step.yes : step.no
            case Self.answers: return step.operand
            default: return nil
            }
        }
        return nil
    }

    package func verdict(_ number: UInt32, architecture: UInt32, _ arguments: [UInt64]) -> Verdict? {
        answer(number, architecture: architecture, arguments).map { answer in
            switch answer & 0xffff_0000 {
            case 0x7fff_0000: .allow
            case Self.refuses: .errno(Int32(answer & 0xffff))
            default: .other(answer)
            }
        }
    }

    /// The program with every refusal by an error replaced by a question to whoever listens.
    package static func asking(_ program: [UInt8]) -> [UInt8] {
        var program = program
        for at in stride(from: 0, to: program.count - program.count % 8, by: 8) {
            program.withUnsafeMutableBytes { bytes in
                guard bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self) == answers,
                    bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self) & 0xffff_0000 == refuses
                else { return }
                bytes.storeBytes(of: asks, toByteOffset: at + 4, as: UInt32.self)
            }
        }
        return program
    }

    private static let answers: UInt16 = 0x06
    private static let refuses: UInt32 = 0x0005_0000
    /// SECCOMP_RET_USER_NOTIF.
    private static let asks: UInt32 = 0x7fc0_0000
}
