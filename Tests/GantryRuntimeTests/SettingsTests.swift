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

    @Test(arguments: [("SIGTERM", 15), ("term", 15), ("9", 9), ("SIGRTMIN+3", 37), ("RTMAX", 64), ("WINCH", 28)])
    func signalsHaveNames(_ name: String, _ number: Int32) throws {
        #expect(try SignalName.number(name) == number)
    }

    @Test(arguments: ["", "SIG", "0", "65", "-1", "NOPE", "RTMIN+99"])
    func whatIsNoSignalIsRefused(_ name: String) {
        #expect(throws: GantryError.self) { try SignalName.number(name) }
    }
}
