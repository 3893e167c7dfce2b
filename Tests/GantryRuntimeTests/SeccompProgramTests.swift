import GantryHost
import GantryWire
import Testing

@testable import GantryRuntime

/// The program that crun is given, run by a machine of our own, does what the table says.
struct SeccompProgramTests {
    /// The kernel's machine for filters, as far as they use it.
    ///
    /// Source: the kernel's Documentation/networking/filter.rst; seccomp(2).
    private struct Machine {
        let code: [(code: UInt16, yes: Int, no: Int, operand: UInt32)]

        init(_ program: [UInt8]) {
            code = stride(from: 0, to: program.count, by: 8).map { at in
                program[at..<at + 8].withUnsafeBytes { bytes in
                    (
                        bytes.loadUnaligned(as: UInt16.self), Int(bytes[2]), Int(bytes[3]),
                        bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
                    )
                }
            }
        }

        /// What the kernel would be told; nil for a program that it would not take.
        func answer(_ number: UInt32, arch: UInt32, _ arguments: [UInt64] = []) -> UInt32? {
            var data = [number, arch, 0, 0]
            for index in 0..<6 {
                let value = index < arguments.count ? arguments[index] : 0
                data += [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
            }
            var at = 0
            var accumulator: UInt32 = 0
            while at < code.count {
                let step = code[at]
                at += 1
                switch step.code {
                case 0x20: accumulator = data[Int(step.operand) / 4]
                case 0x54: accumulator &= step.operand
                case 0x05: at += Int(step.operand)
                case 0x15: at += accumulator == step.operand ? step.yes : step.no
                case 0x25: at += accumulator > step.operand ? step.yes : step.no
                case 0x35: at += accumulator >= step.operand ? step.yes : step.no
                case 0x06: return step.operand
                default: return nil
                }
            }
            return nil
        }
    }

    private static let allow: UInt32 = 0x7fff_0000
    private static func refuse(_ errno: UInt32) -> UInt32 { 0x0005_0000 | errno }

    private func machine(_ capabilities: [String]) throws -> Machine {
        let filter = try #require(SeccompProfile.standard.filter(for: .init(capabilities: capabilities)))
        return Machine(try filter.program())
    }

    #if arch(x86_64)
        private static let own: UInt32 = 0xc000_003e
        private static let x86: UInt32 = 0x4000_0003

        @Test func numbersOfThisMachine() throws {
            let machine = try machine(Capabilities.standard)
            // read, write, getpid, chroot, unlinkat
            for number: UInt32 in [0, 1, 39, 161, 263] { #expect(machine.answer(number, arch: Self.own) == Self.allow) }
            // mount, reboot, init_module, add_key, keyctl, bpf, io_uring_setup, unshare
            for number: UInt32 in [165, 169, 175, 248, 250, 321, 425, 272] {
                #expect(machine.answer(number, arch: Self.own) == Self.refuse(1))
            }
            // clone3 is not there, and neither is what nobody knows yet
            for number: UInt32 in [435, 600, 4000, 0x3fff_ffff] {
                #expect(machine.answer(number, arch: Self.own) == Self.refuse(38))
            }
            // read, mount and something new by their 32-bit numbers
            #expect(machine.answer(3, arch: Self.x86) == Self.allow)
            #expect(machine.answer(21, arch: Self.x86) == Self.refuse(1))
            #expect(machine.answer(4000, arch: Self.x86) == Self.refuse(38))
            // x32: read, mount, something unknown
            #expect(machine.answer(0x4000_0000, arch: Self.own) == Self.allow)
            #expect(machine.answer(0x4000_0000 + 165, arch: Self.own) == Self.refuse(1))
            #expect(machine.answer(0x4000_0000 + 4000, arch: Self.own) == Self.refuse(1))
            // Another architecture's programs do not run here; the filter kills them all the same.
            #expect(machine.answer(0, arch: 0xc000_00b7) == 0)
        }

        @Test func argumentsDecide() throws {
            let machine = try machine(Capabilities.standard)
            func answer(_ number: UInt32, _ value: UInt64) -> UInt32? {
                machine.answer(number, arch: Self.own, [value])
            }
            for flags: UInt64 in [0, 17, 0x3d_0f00] { #expect(answer(56, flags) == Self.allow) }
            for bit: UInt64 in [0x2_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000]
            {
                #expect(answer(56, bit | 17) == Self.refuse(1))
            }
            for persona in SeccompTable.personalities { #expect(answer(135, persona) == Self.allow) }
            for persona: UInt64 in [1, 0x4_0000, 0x1_0000_0000] { #expect(answer(135, persona) == Self.refuse(1)) }
            for family: UInt64 in [0, 1, 2, 10, 16, 39, 41] { #expect(answer(41, family) == Self.allow) }
            #expect(answer(41, 40) == Self.refuse(1))
        }

        @Test func capabilitiesOpenTheirCalls() throws {
            let machine = try machine(Capabilities.standard + ["CAP_SYS_ADMIN"])
            for number: UInt32 in [165, 166, 272, 308, 321] {
                #expect(machine.answer(number, arch: Self.own) == Self.allow)
            }
            #expect(machine.answer(56, arch: Self.own, [0x1000_0000]) == Self.allow)
            #expect(machine.answer(435, arch: Self.own) == Self.allow)
            #expect(machine.answer(175, arch: Self.own) == Self.refuse(1))
            let none = try self.machine([])
            #expect(none.answer(161, arch: Self.own) == Self.refuse(1))
        }
    #endif

    /// All that a container may do is in the specification too, for runtimes that translate it themselves.
    @Test func theSpecificationIsMadeOnceForEachSet() throws {
        let filter = StandardFilter.of(Capabilities.standard)
        #expect(filter.program != nil)
        #expect(StandardFilter.of(Capabilities.standard).specification == filter.specification)
        let rules = try #require(filter.specification["syscalls"]?.array)
        // Whatever is allowed is one rule, so that a runtime has little to read.
        #expect(rules.count { $0["args"] == nil && $0["action"]?.string == "SCMP_ACT_ALLOW" } == 1)
        #expect(filter.specification["defaultAction"] == "SCMP_ACT_ERRNO")
        #expect(filter.specification["defaultErrnoRet"] == 1)
    }
}
