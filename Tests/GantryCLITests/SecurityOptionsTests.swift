import ArgumentParser
import GantrySystem
import GantryWire
import Testing

@testable import GantryCLI

/// The options that shut a container in, or let it out.
@Suite struct SecurityOptionsTests {
    private func request(_ typed: [String]) throws -> JSONObject {
        let command = try Gantry.parseAsRoot(try ArgumentRewriter(["run"] + typed).result)
        return try #require(command as? Run).options.request(failure: 125)
    }

    @Test func everyOptionReachesTheRequest() throws {
        let request = try request([
            "--cap-add", "NET_ADMIN", "--cap-add=all", "--cap-drop", "kill", "--security-opt", "no-new-privileges",
            "--security-opt=seccomp:unconfined", "--privileged=true", "--read-only", "--group-add", "7",
            "--device", "/dev/a", "--device=/dev/b:/dev/c", "--device", "/dev/d:r", "--device", "/dev/e:/dev/f:wm",
            "--device-cgroup-rule", "c 42:* rwm", "img", "--privileged",
        ])
        #expect(
            JSON.object(request) == [
                "image": "img", "command": ["--privileged"], "capAdd": ["NET_ADMIN", "all"], "capDrop": ["kill"],
                "securityOpt": ["no-new-privileges", "seccomp=unconfined"], "privileged": true, "readOnlyRoot": true,
                "groupAdd": ["7"], "deviceCgroupRules": ["c 42:* rwm"],
                "devices": [
                    ["source": "/dev/a"], ["source": "/dev/b", "target": "/dev/c"],
                    ["source": "/dev/d", "access": "r"],
                    ["source": "/dev/e", "access": "wm", "target": "/dev/f"],
                ],
            ])
    }

    @Test(arguments: [
        (["--device", "dev/a", "img"], "dev/a"), (["--device", "/dev/a:rwx", "img"], "'rwx'"),
        (["--device", "/dev/a:/b:", "img"], "bad mode"), (["--device", "/a:/b:r:w", "img"], "not HOST"),
        (["--device", "/a:b:r", "img"], "'b'"), (["--security-opt", "seccomp=/no/such/file", "img"], "/no/such/file"),
    ])
    func refusals(_ typed: [String], _ words: String) {
        let failure = #expect(throws: Failure.self) { try request(typed) }
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
        #expect(failure?.status == 125)
    }

    @Test func aProfileIsSentAsItsJSON() throws {
        let path = "/tmp/gantry-profile-\(Processes.current).json"
        defer { try? Path.unlink(path) }
        try File.replace(path, with: Array("{ \"defaultAction\" : \"SCMP_ACT_LOG\" }\n".utf8), sync: false)
        #expect(try SecurityOptions.resolve("seccomp=" + path) == #"seccomp={"defaultAction":"SCMP_ACT_LOG"}"#)
        #expect(try SecurityOptions.resolve("seccomp:builtin") == "seccomp=builtin")
        #expect(try SecurityOptions.resolve("apparmor=x") == "apparmor=x")
        try File.replace(path, with: Array("defaultAction: none".utf8), sync: false)
        let failure = #expect(throws: Failure.self) { try SecurityOptions.resolve("seccomp=" + path) }
        #expect(failure?.message.contains("not JSON") == true)
    }
}
