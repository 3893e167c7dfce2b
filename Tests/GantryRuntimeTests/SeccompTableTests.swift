import GantryHost
import GantrySystem
import GantryWire
import Testing

@testable import GantryRuntime

/// The table of system calls, and the two texts that are the same.
struct SeccompTableTests {
    private static let package: String = {
        var path = #filePath
        for _ in 0..<3 { path = Path.parent(of: path) }
        return path
    }()

    /// `GANTRY_WRITE_SECCOMP=1 swift test --filter profileIsTheTable` writes the file anew.
    @Test func theProfileIsTheTable() throws {
        let path = Self.package + "/config/seccomp/default.json"
        let text = SeccompProfile.standard.document.pretty(indent: 2) + "\n"
        if Host.variable("GANTRY_WRITE_SECCOMP") == "1" {
            try Path.makeDirectories(Path.parent(of: path))
            try File.replace(path, with: Array(text.utf8), sync: false)
        }
        #expect(try String(decoding: File.contents(path), as: UTF8.self) == text)
    }

    @Test func theProfileIsReadBackAsItIs() throws {
        #expect(try SeccompProfile(document: SeccompProfile.standard.document) == SeccompProfile.standard)
    }

    @Test func aCallStandsInOnePlace() {
        let common = SeccompTable.common.flatMap(\.calls)
        #expect(Set(common).count == common.count)
        let gated = Set(SeccompTable.gated.flatMap(\.calls))
        #expect(gated.isDisjoint(with: common))
        #expect(Set(["clone3", "personality", "socket"]).isDisjoint(with: common))
        #expect(Set(SeccompTable.gated.map(\.capability)).count == SeccompTable.gated.count)
        for gate in SeccompTable.gated { #expect(Capabilities.all.contains(gate.capability)) }
    }

    /// A misspelt name would be refused in silence.
    @Test func libseccompKnowsTheNames() {
        // What came after libseccomp 2.5.4, Debian 12's.
        let newer: Set<String> = [
            "getxattrat", "listmount", "listxattrat", "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr",
            "map_shadow_stack", "mseal", "removexattrat", "riscv_hwprobe", "setxattrat", "statmount", "uretprobe",
            "cachestat", "fchmodat2", "futex_requeue", "futex_wait", "futex_wake",
        ]
        #expect(Set(SeccompProfile.standard.unknownNames).subtracting(newer) == [])
    }

    /// docs/security.md shows the same calls in the same places.
    @Test func thePageIsTheTable() throws {
        let text = String(decoding: try File.contents(Self.package + "/docs/security.md"), as: UTF8.self)
        var common: Set<String> = []
        var gates: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            guard cells.count > 4 else { continue }
            let names = cells[2].split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            if cells[1].hasPrefix(" `calls-") { common.formUnion(names) }
            if cells[1].hasPrefix(" `gate-") { gates[String(cells[1].dropFirst(7).dropLast(2))] = Set(names) }
        }
        #expect(common == Set(SeccompTable.common.flatMap(\.calls)))
        let table = SeccompTable.gated.map { ($0.capability, Set($0.calls)) }
        #expect(gates == Dictionary(uniqueKeysWithValues: table))
    }
}
