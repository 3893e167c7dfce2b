import GantryModel
import GantryWire
import Testing

@testable import GantryRuntime

/// Profiles that users write.
struct SeccompProfileTests {
    private func parse(_ text: String) throws -> SeccompProfile {
        try SeccompProfile(document: .document(Array(text.utf8), of: "profile"))
    }

    @Test(arguments: [
        ("[]", "expected an object"), ("{}", "'defaultAction' is missing"), ("{", "not JSON"),
        (#"{"defaultAction": "SCMP_ACT_MAYBE"}"#, "'SCMP_ACT_MAYBE'"),
        (#"{"defaultAction": "SCMP_ACT_ALLOW", "sycalls": []}"#, "'sycalls'"),
        (#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 5000}"#, "5000"),
        (#"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_VAX"]}"#, "SCMP_ARCH_VAX"),
        (#"{"defaultAction": "SCMP_ACT_ERRNO", "flags": ["FAST"]}"#, "FAST"),
        (
            #"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86"], "archMap": [{"architecture": "SCMP_ARCH_X86"}]}"#,
            "both"
        ),
        (#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_ERRNO"}]}"#, "without a name"),
        (#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["x"], "acton": "SCMP_ACT_ERRNO"}]}"#, "acton"),
        (
            #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["x"], "action": "SCMP_ACT_NOTIFY"}]}"#,
            "listener"
        ),
        (
            #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["x"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}]}"#,
            "arguments 0 to 5"
        ),
        (
            #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["x"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "=="}]}]}"#,
            "'=='"
        ),
        (
            #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["x"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}]}]}"#,
            "unsigned"
        ),
        (
            #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["x"], "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_X"]}}]}"#,
            "CAP_X"
        ),
        (
            #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["x"], "action": "SCMP_ACT_ERRNO", "includes": {"minKernel": "new"}}]}"#,
            "'new'"
        ),
    ])
    func mistakesAreNamed(_ text: String, _ words: String) {
        let error = #expect(throws: GantryError.self) { try parse(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func unknownCallsAreFound() throws {
        let profile = try parse(
            #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read", "reed", "a\u0000b"], "action": "SCMP_ACT_ERRNO"}]}"#
        )
        #expect(profile.unknownNames == ["a\0b", "reed"])
        let rule = profile.specification(for: .init(capabilities: []))["syscalls"]?.array?.first
        #expect(rule?["names"] == ["read"])
    }

    @Test func conditionsChooseRules() throws {
        let profile = try parse(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
              {"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_KILL", "CAP_CHOWN"]}},
              {"names": ["write"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_KILL", "CAP_CHOWN"]}},
              {"names": ["open"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}},
              {"names": ["close"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["arm64"]}},
              {"names": ["stat"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "6.10"}},
              {"name": "lstat", "action": "SCMP_ACT_ALLOW", "args": null, "includes": {}, "comment": ""}
            ]}
            """)
        func names(_ capabilities: [String], _ architecture: String, _ kernel: String) -> Set<String> {
            let subject = SeccompProfile.Subject(
                capabilities: capabilities, architecture: architecture, kernel: KernelVersion(kernel))
            return Set(profile.rules.filter { $0.stands(for: subject) }.flatMap(\.names))
        }
        #expect(names([], "amd64", "6.9.1") == ["write", "close", "lstat"])
        #expect(names(["CAP_KILL"], "arm64", "6.10.0-rc1") == ["open", "stat", "lstat"])
        #expect(names(["CAP_KILL", "CAP_CHOWN"], "amd64", "7.0") == ["read", "close", "stat", "lstat"])
    }
}
