import GantryHost
import GantryModel
import GantryWire
import Testing

@testable import GantryRuntime

/// The program that crun is given, run by a machine of our own, does what the table says.
struct SeccompProgramTests {
    private static let allow: UInt32 = 0x7fff_0000
    private static func refuse(_ errno: UInt32) -> UInt32 { 0x0005_0000 | errno }

    private func machine(_ capabilities: [String]) throws -> FilterProgram {
        let filter = try #require(SeccompProfile.standard.filter(for: .init(capabilities: capabilities)))
        return FilterProgram(try filter.program())
    }

    #if arch(x86_64)
        private static let own: UInt32 = 0xc000_003e
        private static let x86: UInt32 = 0x4000_0003

        @Test func numbersOfThisMachine() throws {
            let machine = try machine(Capabilities.standard)
            // read, write, getpid, chroot, unlinkat
            for number: UInt32 in [0, 1, 39, 161, 263] {
                #expect(machine.answer(number, architecture: Self.own) == Self.allow)
            }
            // mount, reboot, init_module, add_key, keyctl, bpf, io_uring_setup, unshare
            for number: UInt32 in [165, 169, 175, 248, 250, 321, 425, 272] {
                #expect(machine.answer(number, architecture: Self.own) == Self.refuse(1))
            }
            // clone3 is not there, and neither is what nobody knows yet
            for number: UInt32 in [435, 600, 4000, 0x3fff_ffff] {
                #expect(machine.answer(number, architecture: Self.own) == Self.refuse(38))
            }
            // read, mount and something new by their 32-bit numbers
            #expect(machine.answer(3, architecture: Self.x86) == Self.allow)
            #expect(machine.answer(21, architecture: Self.x86) == Self.refuse(1))
            #expect(machine.answer(4000, architecture: Self.x86) == Self.refuse(38))
            // x32: read, mount, something unknown
            #expect(machine.answer(0x4000_0000, architecture: Self.own) == Self.allow)
            #expect(machine.answer(0x4000_0000 + 165, architecture: Self.own) == Self.refuse(1))
            #expect(machine.answer(0x4000_0000 + 4000, architecture: Self.own) == Self.refuse(1))
            // Another architecture's programs do not run here; the filter kills them all the same.
            #expect(machine.answer(0, architecture: 0xc000_00b7) == 0)
        }

        @Test func argumentsDecide() throws {
            let machine = try machine(Capabilities.standard)
            func answer(_ number: UInt32, _ value: UInt64) -> UInt32? {
                machine.answer(number, architecture: Self.own, [value])
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
                #expect(machine.answer(number, architecture: Self.own) == Self.allow)
            }
            #expect(machine.answer(56, architecture: Self.own, [0x1000_0000]) == Self.allow)
            #expect(machine.answer(435, architecture: Self.own) == Self.allow)
            #expect(machine.answer(175, architecture: Self.own) == Self.refuse(1))
            let none = try self.machine([])
            #expect(none.answer(161, architecture: Self.own) == Self.refuse(1))
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

    #if arch(x86_64)
        /// Nothing is allowed that was refused, and nothing refused that was allowed; refusals are asked about.
        @Test func aFilterThatAsksIsTheSameOtherwise() throws {
            let filter = try #require(SeccompProfile.standard.filter(for: .init(capabilities: Capabilities.standard)))
            let program = try filter.program()
            let (plain, asking) = (FilterProgram(program), FilterProgram(FilterProgram.asking(program)))
            var asked = 0
            for architecture in [Self.own, Self.x86, 0xc000_00b7] {
                for number: UInt32 in Array(0...600) + [0x4000_0000, 0x4000_0001, 0x7fff_ffff] {
                    for argument: UInt64 in [0, 40, 0x1000_0011] {
                        let before = try #require(plain.answer(number, architecture: architecture, [argument]))
                        let after = try #require(asking.answer(number, architecture: architecture, [argument]))
                        if before & 0xffff_0000 == 0x0005_0000 {
                            #expect(after == 0x7fc0_0000)
                            asked += 1
                        } else {
                            #expect(after == before)
                        }
                    }
                }
            }
            #expect(asked > 1000)
            #expect(plain.verdict(165, architecture: Self.own, []) == .errno(1))
            #expect(plain.verdict(435, architecture: Self.own, []) == .errno(38))
            #expect(plain.verdict(0, architecture: Self.own, []) == .allow)
            #expect(plain.verdict(0, architecture: 0xc000_00b7, []) == .other(0))
        }

        @Test func callsHaveTheirNames() {
            #expect(RefusedCall(number: 165, architecture: Self.own, errno: 1, command: "").name == "mount")
            #expect(RefusedCall(number: 21, architecture: Self.x86, errno: 1, command: "").name == "mount")
            #expect(
                RefusedCall(number: 0x4000_0000 + 165, architecture: Self.own, errno: 1, command: "").name == "mount")
            #expect(RefusedCall(number: 4000, architecture: Self.own, errno: 1, command: "").name == "system call 4000")
        }
    #endif

    /// A runtime that translates rules asks as well, also where arguments decide, and never by default.
    @Test func aSpecificationThatAsks() throws {
        var security = ContainerSettings.Security()
        security.tracesCalls = true
        let specification = try #require(try security.trace(listener: "/run/x.trap")).specification
        #expect(specification["defaultAction"] == "SCMP_ACT_ERRNO")
        #expect(specification["listenerPath"] == "/run/x.trap")
        let rules = try #require(specification["syscalls"]?.array)
        let asking = rules.filter { $0["action"] == "SCMP_ACT_NOTIFY" }
        func asks(_ name: String) -> [JSON] { asking.filter { $0["names"]?.array?.contains(.string(name)) == true } }
        for name in ["mount", "unshare", "bpf", "clone3", "io_uring_setup"] {
            #expect(asks(name).count == 1, "\(name)")
        }
        for name in ["read", "write", "sendmsg", "personality"] { #expect(asks(name).isEmpty, "\(name)") }
        #expect(asks("socket").first?["args"]?.array?.first?["op"] == "SCMP_CMP_EQ")
        #expect(asks("clone").count == 7, "one for each flag that makes a namespace")
        security.seccomp = .unconfined
        #expect(throws: GantryError.self) { try security.trace(listener: "/") }
    }
}
