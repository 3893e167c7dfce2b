import ArgumentParser
import GantrySystem
import GantryWire
import Testing

@testable import GantryCLI

@Suite struct ContainerOptionsTests {
    private func request(_ typed: [String]) throws -> JSONObject {
        let command = try Gantry.parseAsRoot(try ArgumentRewriter(["run"] + typed).result)
        return try #require(command as? Run).options.request(failure: 125)
    }

    @Test func everyOptionReachesTheRequest() throws {
        let request = try request([
            "-di", "--rm", "--name", "web", "-eA=b=c", "-e", "B=", "-w/x", "-u", "1:2", "-v", "/a:/b:ro", "-v",
            "vol:/c",
            "--entrypoint", "/bin/e", "-h", "box", "--network=host", "--runtime", "crun", "-lrole=front", "--label",
            "x",
            "--stop-signal", "INT", "--stop-timeout", "3", "busybox", "sh", "-c", "echo -e $A", "--", "-x",
        ])
        #expect(
            JSON.object(request) == [
                "image": "busybox", "name": "web", "command": ["sh", "-c", "echo -e $A", "--", "-x"],
                "entrypoint": ["/bin/e"], "env": ["A=b=c", "B="], "workingDir": "/x", "user": "1:2", "hostname": "box",
                "network": "host", "runtime": "crun",
                "mounts": [["source": "/a", "target": "/b", "readOnly": true], ["source": "vol", "target": "/c"]],
                "labels": ["role": "front", "x": ""], "openStdin": true, "autoRemove": true, "stopSignal": "INT",
                "stopTimeout": 3,
            ])
    }

    @Test func whatIsNotSaidIsNotSent() throws {
        #expect(JSON.object(try request(["busybox"])) == ["image": "busybox"])
        #expect(try request(["--entrypoint", "", "busybox"])["entrypoint"] == [""])
    }

    @Test(arguments: [
        (["--network", "bridge", "img"], "this version has"), (["-v", "/a", "img"], "anonymous"),
        (["-v", "/a:b", "img"], "absolute"), (["-v", "/a:/b:rx", "img"], "'rx'"), (["-v", ":/b", "img"], "not SOURCE"),
        (["-v", "a/b:/b", "img"], "begin it with ./"), (["-v", "/a:/", "img"], "cannot be '/'"),
        (["-e", "=x", "img"], "no name"), (["--env-file", "/does/not/exist", "img"], "no such file"),
    ])
    func refusals(_ typed: [String], _ reason: String) throws {
        let failure = #expect(throws: Failure.self) { try request(typed) }
        #expect(failure?.message.contains(reason) == true, "\(failure as Any)")
        #expect(failure?.status == 125)
    }

    @Test func aRelativeSourceIsMadeAbsolute() throws {
        let mount = try VolumeOption.parse("./data:/data")
        #expect(mount["source"]?.string == Path.currentDirectory() + "/./data")
    }

    @Test func environmentFiles() throws {
        let text = "# comment\n\n A=1\nB=x # y\r\nEMPTY=\nGANTRY_TEST_ABSENT\nPATH\nQ=\"q\"\n"
        let entries = try Environment.parse(file: Array(text.utf8), path: "f")
        let path = try #require(Host.variable("PATH"))
        #expect(entries == ["A=1", "B=x # y", "EMPTY=", "PATH=\(path)", "Q=\"q\""])
        #expect(throws: Failure.self) { try Environment.parse(file: Array("a b=c".utf8), path: "f") }
        #expect(throws: Failure.self) { try Environment.parse(file: Array("=c".utf8), path: "f") }
        #expect(throws: Failure.self) { try Environment.parse(file: [0x41, 0xff], path: "f") }
    }
}
