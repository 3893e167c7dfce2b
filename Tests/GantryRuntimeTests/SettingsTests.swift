import GantryModel
import GantryWire
import Testing

@testable import GantryRuntime

/// How an image's defaults and a caller's wishes become a container's settings.
struct SettingsTests {
    private func merge(
        _ image: ContainerConfig, _ request: JSONObject
    ) throws(GantryError) -> ContainerSettings {
        try ContainerSettings(
            merging: image, with: request, id: String(repeating: "a", count: 64), defaultStopTimeout: 10
        ) {
            (name, _) throws(GantryError) in "/volumes/" + (name ?? "anonymous")
        }
    }

    private let image = ContainerConfig(
        user: "daemon", env: ["A=1", "PATH=/bin"], entrypoint: ["/entry"], cmd: ["one", "two"], volumes: ["/data"],
        workingDir: "/work", stopSignal: "SIGQUIT")

    @Test func withoutWishesTheImageDecides() throws {
        let settings = try merge(image, [:])
        #expect(settings.arguments == ["/entry", "one", "two"])
        #expect(settings.user == "daemon")
        #expect(settings.workingDirectory == "/work")
        #expect(settings.stopSignal == "SIGQUIT")
        #expect(settings.hostname == "aaaaaaaaaaaa")
        #expect(settings.mounts.map(\.target) == ["/data"])
        #expect(settings.mounts[0].volume == "")
    }

    @Test func aCommandReplacesTheCommandAndAnEntrypointBoth() throws {
        #expect(try merge(image, ["command": ["three"]]).arguments == ["/entry", "three"])
        #expect(try merge(image, ["entrypoint": ["/other"]]).arguments == ["/other"])
        #expect(try merge(image, ["entrypoint": [], "command": ["x"]]).arguments == ["x"])
        #expect(try merge(image, ["entrypoint": [""], "command": ["x"]]).arguments == ["x"])
    }

    @Test func nothingToRunIsAnError() {
        #expect(throws: GantryError.self) { try merge(ContainerConfig(), [:]) }
        #expect(throws: GantryError.self) { try merge(image, ["entrypoint": []]) }
    }

    @Test func environmentsAreMergedByName() throws {
        #expect(try merge(image, ["env": ["A=2", "B=3"]]).env == ["PATH=/bin", "A=2", "B=3"])
        #expect(throws: GantryError.self) { try merge(image, ["env": ["=x"]]) }
    }

    @Test func aMountCoversTheImagesVolume() throws {
        let settings = try merge(image, ["mounts": [["source": "/host", "target": "/data", "readOnly": true]]])
        #expect(settings.mounts == [.init(source: "/host", target: "/data", readOnly: true)])
        #expect(throws: GantryError.self) { try merge(image, ["mounts": [["source": "/host", "target": "data"]]]) }
        #expect(throws: GantryError.self) {
            try merge(image, ["mounts": [["source": "/a", "target": "/x"], ["source": "/b", "target": "/x"]]])
        }
    }

    @Test func relativeDirectoriesUnknownNetworksAndSignalsAreRefused() {
        #expect(throws: GantryError.self) { try merge(image, ["workingDir": "here"]) }
        #expect(throws: GantryError.self) { try merge(image, ["network": "bridge"]) }
        #expect(throws: GantryError.self) { try merge(image, ["stopSignal": "SIGNOPE"]) }
    }

    @Test func settingsSurviveBeingStored() throws {
        var settings = try merge(
            image, ["mounts": [["source": "vol", "target": "/v"]], "openStdin": true, "autoRemove": true])
        settings.network = .host
        #expect(try ContainerSettings(json: .document(settings.json.encoded(), of: "settings")) == settings)
    }

    @Test func everythingThatCanBeAskedForSurvivesBeingStored() throws {
        let settings = try merge(
            image,
            [
                "mounts": [
                    ["type": "bind", "source": "/h", "target": "/a/../b", "propagation": "rslave", "recursive": false],
                    ["type": "bind", "source": "/n", "target": "/n", "createSource": false, "readOnly": true],
                    ["type": "volume", "target": "/v", "copy": false], ["source": "named", "target": "/w"],
                    ["type": "tmpfs", "target": "/t", "options": ["size=50%", "mode=1777", "exec"]],
                ], "pid": "host", "ipc": "container:abc", "uts": "private", "domainname": "example.org",
                "extraHosts": ["a:1.2.3.4", "b=[::1]"], "dns": ["::1"], "dnsSearch": ["."], "dnsOptions": ["ndots:2"],
                "ulimits": [["name": "nofile", "soft": 1, "hard": 2], ["name": "core", "soft": -1]],
                "sysctls": ["net.ipv4.ip_forward": "1"], "shmSize": 4096, "init": true, "stopTimeout": -1,
            ])
        #expect(settings.mounts.map(\.target) == ["/b", "/n", "/v", "/w", "/t", "/data"])
        #expect(settings.mounts.map(\.kind) == [.bind, .bind, .volume, .volume, .tmpfs, .volume])
        #expect(settings.mounts.map(\.volume) == [nil, nil, "", "named", nil, ""])
        #expect(settings.namespaces.ipc == .container("abc"))
        #expect(settings.limits.processes.map(\.hard) == [2, -1])
        #expect(settings.hasInit && settings.limits.sharedMemory == 4096)
        #expect(try ContainerSettings(json: .document(settings.json.encoded(), of: "settings")) == settings)
    }

    /// What an earlier version stored has no types of mounts and none of the later nouns.
    @Test func olderSettingsAreRead() throws {
        let stored = try ContainerSettings(
            json: [
                "arguments": ["a"], "hostname": "h",
                "mounts": [
                    ["source": "/h", "target": "/b", "readOnly": true],
                    ["source": "/volumes/x", "target": "/v", "readOnly": false, "volume": ""],
                ],
            ])
        #expect(
            stored.mounts == [
                .init(source: "/h", target: "/b", readOnly: true),
                .init(source: "/volumes/x", target: "/v", volume: ""),
            ])
        #expect(stored.namespaces == .init() && stored.limits.sharedMemory == 64 << 20 && !stored.hasInit)
    }

    @Test(
        arguments: [
            (["type": "bind", "target": "/x"], "absolute 'source'"),
            (["type": "tmpfs", "source": "/a", "target": "/x"], "no 'source'"),
            (["type": "nfs", "target": "/x"], "'nfs'"),
            (["target": "/x", "propagation": "shared"], "no 'propagation'"),
            (["type": "bind", "source": "/a", "target": "/x", "propagation": "up"], "'up'"),
            (["source": "/a"], "needs a 'target'"),
            (["type": "tmpfs", "target": "/x", "options": ["size="]], "none"),
            (["type": "tmpfs", "target": "/x", "options": ["mode=9"]], "none"),
            (["type": "tmpfs", "target": "/x", "options": ["ro,suid"]], "no option"),
            (["type": "tmpfs", "target": "/x", "speed": 1], "mounts.speed"),
        ] as [(JSON, String)])
    func wrongMounts(_ mount: JSON, _ reason: String) {
        let error = #expect(throws: GantryError.self) { try merge(image, ["mounts": [mount]]) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(reason) == true, "\(error as Any)")
    }

    @Test func aResolverFileKeepsWhatWasNotAskedFor() throws {
        let host = "# comment\ndomain a\nnameserver 1.1.1.1\nnameserver 2.2.2.2\nsearch b c\noptions rotate\n"
        func file(_ request: JSON) throws -> String { try ContainerSettings.Names(request).resolver(host) }
        #expect(try file([:]) == host)
        #expect(try file(["dns": ["::1"]]) == "domain a\nsearch b c\noptions rotate\nnameserver ::1\n")
        #expect(try file(["dnsSearch": ["."]]) == "nameserver 1.1.1.1\nnameserver 2.2.2.2\noptions rotate\n")
        #expect(
            try file(["dnsSearch": ["x"], "dnsOptions": ["a", "b"]])
                == "nameserver 1.1.1.1\nnameserver 2.2.2.2\nsearch x\noptions a b\n")
    }

    @Test func memorysDefaultsGiveWay() {
        #expect(TmpfsOption.effective([]) == ["nosuid", "nodev", "noexec"])
        #expect(
            TmpfsOption.effective(["exec", "size=1", "size=2", "suid", "nosuid"]) == [
                "nodev", "exec", "size=2", "nosuid",
            ])
    }

    @Test(arguments: [("SIGTERM", 15), ("term", 15), ("9", 9), ("SIGRTMIN+3", 37), ("RTMAX", 64), ("WINCH", 28)])
    func signalsHaveNames(_ name: String, _ number: Int32) throws {
        #expect(try SignalName.number(name) == number)
    }

    @Test(arguments: ["", "SIG", "0", "65", "-1", "NOPE", "RTMIN+99"])
    func whatIsNoSignalIsRefused(_ name: String) {
        #expect(throws: GantryError.self) { try SignalName.number(name) }
    }
}
