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
        (["--network", "bridge", "img"], "this version has"), (["-v", "a", "img"], "absolute"),
        (["-v", "/a:b", "img"], "absolute"), (["-v", "/a:/b:rx", "img"], "'rx'"),
        (["-v", ":/b", "img"], "not [SOURCE:]TARGET"),
        (["-v", "a/b:/b", "img"], "begin it with ./"), (["-v", "/a:/", "img"], "cannot be '/'"),
        (["-e", "=x", "img"], "no name"), (["--env-file", "/does/not/exist", "img"], "no such file"),
    ])
    func refusals(_ typed: [String], _ reason: String) throws {
        let failure = #expect(throws: Failure.self) { try request(typed) }
        #expect(failure?.message.contains(reason) == true, "\(failure as Any)")
        #expect(failure?.status == 125)
    }

    @Test func mountsInWords() throws {
        let directory = Path.currentDirectory()
        #expect(
            JSON.object(
                try request([
                    "-v", "/anonymous", "-v", "vol:/v:ro,nocopy,z", "-v", "/a:/b:rshared", "--mount",
                    "type=bind,src=./x,dst=/x,bind-propagation=rslave,bind-nonrecursive,readonly=false", "--mount",
                    "\"target=/a,\"\"b\"\"\",source=vol,volume-nocopy=true", "--mount",
                    "type=tmpfs,destination=/t,tmpfs-size=1g,tmpfs-mode=01777,ro", "--tmpfs", "/run",
                    "--tmpfs=/y:size=1m,exec", "i",
                ])) == [
                    "image": "i",
                    "mounts": [
                        ["target": "/anonymous"], ["target": "/v", "source": "vol", "readOnly": true, "copy": false],
                        ["target": "/b", "source": "/a", "propagation": "rshared"],
                        [
                            "type": "bind", "source": .string(directory + "/./x"), "target": "/x",
                            "propagation": "rslave",
                            "recursive": false, "readOnly": false, "createSource": false,
                        ],
                        ["type": "volume", "target": "/a,\"b\"", "source": "vol", "copy": false],
                        [
                            "type": "tmpfs", "target": "/t", "options": ["size=1073741824", "mode=1777"],
                            "readOnly": true,
                        ],
                        ["type": "tmpfs", "target": "/run"],
                        ["type": "tmpfs", "target": "/y", "options": ["size=1m", "exec"]],
                    ],
                ])
    }

    @Test func namesAndLimits() throws {
        #expect(
            JSON.object(
                try request([
                    "--pid=host", "--ipc", "container:a", "--uts", "host", "--init", "--shm-size", "1g", "--ulimit",
                    "nofile=1:2", "--ulimit", "core=unlimited", "--sysctl", "net.a=b=c", "--domainname", "d",
                    "--add-host", "a:1.2.3.4", "--dns",
                    "1.1.1.1", "--dns-search", ".", "--dns-opt", "a", "--dns-option", "b", "i",
                ])) == [
                    "image": "i", "pid": "host", "ipc": "container:a", "uts": "host", "init": true,
                    "shmSize": 1_073_741_824,
                    "ulimits": [
                        ["name": "nofile", "soft": 1, "hard": 2], ["name": "core", "soft": -1, "hard": -1],
                    ], "sysctls": ["net.a": "b=c"], "domainname": "d", "extraHosts": ["a:1.2.3.4"], "dns": ["1.1.1.1"],
                    "dnsSearch": ["."], "dnsOptions": ["a", "b"],
                ])
    }

    @Test(arguments: [
        ("", "KEY=VALUE"), ("dst=x", "absolute"), ("type=bind,dst=/x", "needs a source"), ("type=nfs,dst=/x", "'nfs'"),
        ("src=/a", "a target is needed"), ("dst=/x,\"y", "quote"), ("dst=/x,fast=1", "unknown key"),
        ("type=tmpfs,src=a,dst=/x", "no source"), ("dst=/x,tmpfs-size=1m", "type tmpfs"),
        ("type=tmpfs,dst=/x,tmpfs-size=big", "no size"), ("type=tmpfs,dst=/x,tmpfs-mode=9", "no mode"),
        ("dst=/x,ro=maybe", "neither true nor false"), ("type=bind,src=x,dst=/x", "begin it with"),
        ("dst=/x,volume-driver=nfs", "not available"),
        ("type=bind,src=/a,dst=/x,bind-recursive=writable", "enabled and disabled"),
    ])
    func wrongMounts(_ text: String, _ reason: String) throws {
        let failure = #expect(throws: Failure.self) { try request(["--mount", text, "i"]) }
        #expect(failure?.message.contains(reason) == true, "\(failure as Any)")
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
