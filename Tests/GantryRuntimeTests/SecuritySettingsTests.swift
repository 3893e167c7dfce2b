import GantryModel
import GantryWire
import Testing

@testable import GantryRuntime

/// What callers may ask for, and what becomes of it.
struct SecuritySettingsTests {
    private func security(_ request: JSON) throws(GantryError) -> ContainerSettings.Security {
        try ContainerSettings.Security(request)
    }

    @Test func capabilitiesAreWorkedOutAsDockerDoes() throws {
        #expect(try security([:]).capabilities == Capabilities.standard)
        let added = try security(["capAdd": ["net_admin", "CAP_NET_ADMIN", "Sys_Time"]])
        #expect(added.capAdd == ["CAP_NET_ADMIN", "CAP_SYS_TIME"])
        #expect(Set(added.capabilities) == Set(Capabilities.standard + ["CAP_NET_ADMIN", "CAP_SYS_TIME"]))
        #expect(try security(["capDrop": ["all"]]).capabilities == [])
        #expect(try security(["capDrop": ["ALL"], "capAdd": ["KILL"]]).capabilities == ["CAP_KILL"])
        let most = try security(["capAdd": ["ALL"], "capDrop": ["mknod"]])
        #expect(most.capabilities == Capabilities.available.filter { $0 != "CAP_MKNOD" })
        // What is added comes back, whatever was dropped.
        #expect(try security(["capDrop": ["KILL"], "capAdd": ["KILL"]]).capabilities.contains("CAP_KILL"))
        #expect(try security(["privileged": true, "capDrop": ["ALL"]]).capabilities == Capabilities.available)
    }

    static let mistakes: [(JSON, String)] = [
        (["capAdd": ["nope"]], "'nope'"), (["capDrop": ["CAP_CAP_KILL"]], "CAP_CAP_KILL"),
        (["capAdd": [""]], "unknown capability"), (["securityOpt": ["sekkomp=unconfined"]], "sekkomp"),
        (["securityOpt": ["no-new-privileges=maybe"]], "maybe"), (["securityOpt": ["seccomp={}"]], "defaultAction"),
        (["securityOpt": ["seccomp=/etc/profile.json"]], "not JSON"),
        (["securityOpt": ["systempaths=all"]], "unconfined"),
        (["securityOpt": ["label=level:s0"]], "SELinux"), (["securityOpt": ["seccomp"]], "unknown"),
        (["devices": [["source": "dev"]]], "absolute"),
        (["devices": [["source": "/dev/null", "access": "rx"]]], "'rx'"),
        (["devices": [["source": "/dev/null", "access": "rr"]]], "'rr'"),
        (["devices": [["source": "/dev/null", "target": "x"]]], "'x'"),
        (["devices": [["source": "/dev/null", "mode": "r"]]], "devices.mode"), (["groupAdd": [""]], "no group"),
        (["deviceCgroupRules": ["c 1:3"]], "'c 1:3'"), (["deviceCgroupRules": ["x 1:3 r"]], "x 1:3 r"),
        (["deviceCgroupRules": ["c 1:-3 r"]], "-3"), (["deviceCgroupRules": ["c +1:3 r"]], "+1"),
        (["deviceCgroupRules": ["c 1:3 rwx"]], "rwx"),
    ]

    @Test(arguments: mistakes)
    func mistakesAreNamed(_ request: JSON, _ words: String) {
        let error = #expect(throws: GantryError.self) { try security(request) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func settingsSurviveBeingStored() throws {
        let profile = #"seccomp={"defaultAction":"SCMP_ACT_ALLOW"}"#
        let security = try security([
            "capAdd": ["net_admin"], "capDrop": ["KILL"],
            "securityOpt": [
                .string(profile), "no-new-privileges:true", "systempaths=unconfined", "apparmor=unconfined",
            ],
            "readOnlyRoot": true, "groupAdd": ["7", "tty"], "deviceCgroupRules": ["c *:5 m", "a 1:2 rwm"],
            "devices": [["source": "/dev/null", "target": "/dev/x", "access": "r"], ["source": "/dev/zero"]],
        ])
        #expect(security.options == [profile, "no-new-privileges", "apparmor=unconfined"])
        #expect(security.noNewPrivileges && security.openSystemPaths && security.readOnlyRoot)
        #expect(security.maskedPaths == [] && security.readOnlyPaths == [])
        #expect(try ContainerSettings.Security(security.json, stored: true) == security)
        let nothing = try self.security([:])
        #expect(nothing.json == [:])
        #expect(try ContainerSettings.Security(nothing.json, stored: true) == nothing)
    }

    @Test func privilegedMeansNoFilterUnlessOneIsNamed() throws {
        let privileged = try security(["privileged": true])
        #expect(privileged.seccompSpecification == nil && privileged.seccompProgram == nil)
        #expect(privileged.maskedPaths == [] && privileged.options == ["label=disable"])
        let named = try security(["privileged": true, "securityOpt": [#"seccomp={"defaultAction":"SCMP_ACT_LOG"}"#]])
        #expect(named.seccompSpecification?["defaultAction"] == "SCMP_ACT_LOG")
        #expect(try security(["securityOpt": ["seccomp=unconfined"]]).seccompSpecification == nil)
        // The last of several wins.
        let last = try security(["securityOpt": ["seccomp=unconfined", "seccomp=builtin"]])
        #expect(last.seccompSpecification != nil && last.options == ["seccomp=builtin"])
    }

    @Test func devicesAreLookedUpAtTheStart() throws {
        let found = try HostDevices(
            security(["devices": [["source": "/dev/null", "target": "/dev/given", "access": "rw"]]]))
        #expect(found.nodes.map(\.path) == ["/dev/given"])
        #expect(found.nodes.first?.type == "c" && found.nodes.first?.major == 1 && found.nodes.first?.minor == 3)
        #expect(found.rules == [DeviceRule("c", 1, 3, "rw")])
        for (path, words) in [("/dev/there-is-none", "/dev/there-is-none"), ("/etc/passwd", "not a device")] {
            let error = #expect(throws: GantryError.self) {
                try HostDevices(security(["devices": [["source": .string(path)]]]))
            }
            #expect(error?.message.contains(words) == true)
        }
    }
}
