import GantryClient
import GantryModel
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// What cannot be had is refused by a sentence that names it, and nothing is left of the attempt.
    @Suite struct SecurityRefusalTests {
        @Test func badOptionsEndWith125() throws {
            try withEngine { (engine: Engine) throws in
                let profile = engine.scratch + "/profile.json"
                try File.replace(profile, with: Array(#"{"defaultAction": "SCMP_ACT_MAYBE"}"#.utf8), sync: false)
                let text = engine.scratch + "/text"
                try File.replace(text, with: Array("no JSON".utf8), sync: false)
                let cases = [
                    (["--cap-add", "SYS_NOTHING"], "'SYS_NOTHING'"), (["--cap-drop", "x"], "'x'"),
                    (["--device", "/dev/there-is-none"], "/dev/there-is-none"), (["--device", "/etc"], "/etc"),
                    (["--device", "/dev/null:/dev/x:q"], "'q'"), (["--device-cgroup-rule", "c 1"], "'c 1'"),
                    (["--group-add", "strangers"], "strangers"),
                    (["--security-opt", "seccomp=" + profile], "SCMP_ACT_MAYBE"),
                    (["--security-opt", "seccomp=" + text], "not JSON"),
                    (["--security-opt", "seccomp=/no/file"], "/no/file"),
                    (["--security-opt", "wide-open"], "wide-open"),
                    (["--security-opt", "label=type:x"], "SELinux"),
                ]
                for (options, words) in cases {
                    let outcome = try engine.run(["run", "--rm"] + options + ["busybox", "true"])
                    #expect(outcome.status == 125, "\(options)")
                    #expect(outcome.errorText.contains(words), "\(options): \(outcome.errorText)")
                }
                #expect(try engine.must("ps", "-aq") == "")
            }
        }

        @Test func aProfileWithUnknownCallsIsTakenWithAWarning() throws {
            try withEngine { (engine: Engine) throws in
                let profile = engine.scratch + "/profile.json"
                let rules = """
                    {"defaultAction": "SCMP_ACT_ALLOW",
                     "syscalls": [{"names": ["swim", "chmod", "fchmodat"], "action": "SCMP_ACT_ERRNO"}, {"names": ["fly"], "action": "SCMP_ACT_KILL"}]}
                    """
                try File.replace(profile, with: Array(rules.utf8), sync: false)
                for runtime in ["crun", "runc"] {
                    let outcome = try engine.run([
                        "run", "--rm", "--runtime", runtime, "--security-opt", "seccomp=" + profile, "busybox", "sh",
                        "-c",
                        "touch /x && chmod 700 /x 2>/dev/null || echo refused",
                    ])
                    #expect(outcome.status == 0)
                    #expect(outcome.text == "refused")
                    #expect(outcome.errorText.hasPrefix("WARNING:"), "\(outcome.errorText)")
                    #expect(outcome.errorText.contains("fly, swim"), "\(outcome.errorText)")
                }
            }
        }

        @Test func thoseWhoSpeakTheProtocolAreToldTheField() throws {
            try withEngine { (engine: Engine) throws in
                let client = try engine.client()
                let cases: [(JSONObject, String)] = [
                    (["image": "busybox", "capAdd": "KILL"], "capAdd"),
                    (["image": "busybox", "securityOpts": ["x"]], "securityOpts"),
                    (["image": "busybox", "devices": [["source": "/dev/null", "mode": "r"]]], "devices.mode"),
                    (
                        ["image": "busybox", "securityOpt": [#"seccomp={"defaultAction":"SCMP_ACT_ALLOW","x":1}"#]],
                        "'x'"
                    ),
                    (["image": "busybox", "groupAdd": ["a\u{0}b"]], "groupAdd"),
                ]
                for (request, words) in cases {
                    let error = #expect(throws: GantryError.self) { try client.call("containers.create", request) }
                    #expect(error?.code == .invalidArgument)
                    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
                }
            }
        }

        @Test func inspectionShowsWhatWasAsked() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "create", "--name", "shut", "--cap-add", "net_admin", "--cap-drop", "all", "--read-only",
                    "--security-opt", "no-new-privileges", "--security-opt", "seccomp=unconfined", "--group-add", "7",
                    "--device", "/dev/null:/dev/given:r", "--device-cgroup-rule", "c 42:* rwm", "busybox", "true")
                try engine.must("create", "--name", "open", "--privileged", "busybox", "true")
                try engine.must("create", "--name", "plain", "busybox", "true")
                func host(_ name: String) throws -> JSON {
                    try engine.client().call("containers.inspect", ["container": .string(name)])["HostConfig"] ?? .null
                }
                let shut = try host("shut")
                #expect(shut["CapAdd"] == ["CAP_NET_ADMIN"])
                #expect(shut["CapDrop"] == ["ALL"])
                #expect(shut["SecurityOpt"] == ["no-new-privileges", "seccomp=unconfined"])
                #expect(shut["ReadonlyRootfs"] == true)
                #expect(shut["Privileged"] == false)
                #expect(shut["GroupAdd"] == ["7"])
                #expect(shut["DeviceCgroupRules"] == ["c 42:* rwm"])
                #expect(
                    shut["Devices"]
                        == [["PathOnHost": "/dev/null", "PathInContainer": "/dev/given", "CgroupPermissions": "r"]])
                let open = try host("open")
                #expect(open["Privileged"] == true)
                #expect(open["SecurityOpt"] == ["label=disable"])
                #expect(open["MaskedPaths"] == JSON.null)
                let plain = try host("plain")
                for field in ["CapAdd", "CapDrop", "SecurityOpt", "GroupAdd", "DeviceCgroupRules"] {
                    #expect(plain[field] == JSON.null, "\(field)")
                }
                #expect(plain["Devices"] == [])
                #expect(plain["MaskedPaths"]?.array?.contains("/proc/kcore") == true)
                #expect(plain["ReadonlyPaths"]?.array?.contains("/proc/sys") == true)
            }
        }

        /// The daemon that created a container may not be the one that starts it.
        @Test func whatWasAskedOutlivesTheDaemon() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "create", "--name", "kept", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "busybox",
                    "grep", "-E", "CapBnd|NoNewPrivs|Seccomp:", "/proc/self/status")
                try engine.kill()
                try engine.start()
                let lines = try engine.must("start", "-a", "kept").split(separator: "\n").map(String.init)
                #expect(lines == ["CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"])
            }
        }
    }
}
