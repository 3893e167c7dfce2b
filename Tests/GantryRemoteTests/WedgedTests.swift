import GantryCore
import GantryModel
import GantryRemote
import GantrySystem
import GantryWire
import Testing

/// Plugins that do not do what they should: their callers are told in time, and nobody else notices.
@Suite struct WedgedTests {
    private struct Setting: Sendable {
        var link: PluginLink
        var layers: RemoteSnapshotter
        var root: String
        var socket: String
    }

    /// A plugin of that mood behind a link with half a second of patience.
    private func with(_ mood: String, most: Int = 4, _ body: (Setting) throws -> Void) throws {
        let place = "/tmp/gantry-wedged-\(File.random(6).map { String($0, radix: 16) }.joined())"
        try Path.makeDirectory(place, mode: 0o700)
        defer { try? Directory.removeTree(place) }
        let (root, socket) = (place + "/s", place + "/socket")
        let plugin = try PluginFixture(PluginFixture.wedged(mood), root: root, socket: socket)
        defer { plugin.end() }
        let link = PluginLink(
            "snapshotter.v1/test", socket: socket, patience: .init(deadline: 500, failures: 3, most: most))
        defer { link.close() }
        let layers = RemoteSnapshotter(link, capabilities: [], rule: MountRule(roots: [root]))
        try body(Setting(link: link, layers: layers, root: root, socket: socket))
    }

    private func error(_ body: () throws -> Void) -> GantryError? {
        do { try body() } catch let error as GantryError { return error } catch {}
        return nil
    }

    @Test(arguments: [
        ("deaf", ErrorCode.deadlineExceeded, "no answer in 500 ms"),
        ("silent", ErrorCode.deadlineExceeded, "no answer in 500 ms"),
        ("garbage", ErrorCode.internal, "call 'snapshots.prepare' of plugin 'snapshotter.v1/test': "),
        ("nonsense", ErrorCode.internal, "its answer makes no sense: 'mounts' is missing or no array"),
        ("dies", ErrorCode.unavailable, "it closed the connection"),
        ("late", ErrorCode.deadlineExceeded, "no answer in 500 ms"),
    ])
    func theCallerIsToldInTime(_ mood: String, _ code: ErrorCode, _ words: String) throws {
        try with(mood) { setting in
            let start = Clock.monotonic
            let found = error { _ = try setting.layers.prepare("k", parent: nil, labels: [:]) }
            #expect(found?.code == code, "\(String(describing: found))")
            #expect(found?.message.contains(words) == true, "\(String(describing: found))")
            #expect(Clock.monotonic - start < 2_000_000_000)
        }
    }

    @Test(arguments: ["deaf", "silent", "garbage", "nonsense", "late"])
    func afterThreeFailuresCallsFailAtOnceUntilItIsWell(_ mood: String) throws {
        try with(mood) { setting in
            for _ in 1...3 {
                let failure = error { _ = try setting.layers.mounts("k") }
                #expect(failure != nil)
            }
            #expect(setting.link.health.breaker.isOpen)
            let start = Clock.monotonic
            let found = error { try setting.layers.remove("k") }
            #expect(found?.code == .unavailable)
            #expect(found?.message.contains("it is quarantined: ") == true, "\(String(describing: found))")
            #expect(Clock.monotonic - start < 100_000_000)
            // Whoever looks after it finds it well, and then calls work.
            try File.replace(setting.root + "/well", with: [], sync: false)
            // It answered such questions all the time, or may have: that alone ends the quarantine after a pause only.
            let end = Clock.monotonic + 10_000_000_000
            while setting.link.health.breaker.isOpen, Clock.monotonic < end {
                let isWell = isDescribed(setting)
                #expect(isWell)
                Clock.sleep(milliseconds: 50)
            }
            #expect(!setting.link.health.breaker.isOpen)
            let name = try setting.layers.stat("k").name
            #expect(name == "k")
        }
    }

    private func isDescribed(_ setting: Setting) -> Bool {
        (try? setting.link.probe("plugin.describe", milliseconds: 500) { try PluginDescription(json: $0) }) != nil
    }

    /// The answer to one call must not be taken for that of the next.
    @Test func aLateAnswerIsNobodys() throws {
        try with("late") { setting in
            let failure = error { _ = try setting.layers.stat("first") }
            #expect(failure?.code == .deadlineExceeded)
            try File.replace(setting.root + "/well", with: [], sync: false)
            for number in 1...20 {
                let name = "next-\(number)"
                let found = try setting.layers.stat(name).name
                #expect(found == name)
                Clock.sleep(milliseconds: 120)
            }
        }
    }

    @Test func aPluginThatIsSlowTakesFewThreads() throws {
        try with("silent", most: 2) { setting in
            let left = Monitor(12)
            let refused = Monitor(0)
            for _ in 1...12 {
                try Threads.start("caller") {
                    do { try setting.layers.remove("k") } catch let error as GantryError {
                        if error.code == .unavailable { refused.with { $0 += 1 } }
                    } catch {}
                    left.with { $0 -= 1 }
                    left.wakeAll()
                }
            }
            #expect(left.wait(milliseconds: 3000) { $0 == 0 ? true : nil } == true, "all callers are back")
            let count = refused.with { $0 }
            #expect(count >= 8, "only those who had a turn waited for the plugin")
            #expect(setting.link.health.calls <= 4)
        }
    }

    @Test func mountsOutsideItsRootAreRefused() throws {
        try with("outside") { setting in
            let found = error { _ = try setting.layers.prepare("k", parent: nil, labels: [:]) }
            #expect(found?.code == .permissionDenied)
            #expect(
                found?.message.contains("'/etc' lies outside '\(setting.root)'") == true, "\(String(describing: found))"
            )
            #expect(!setting.link.health.breaker.isOpen, "it answered; that is not what the quarantine is for")
            let wider = RemoteSnapshotter(
                setting.link, capabilities: [], rule: MountRule(roots: [setting.root, "/etc"]))
            let mounts = try wider.prepare("k", parent: nil, labels: [:])
            #expect(mounts.count == 1)
        }
    }

    @Test func aNewerProtocolIsSaid() throws {
        try with("newer") { setting in
            try File.replace(setting.root + "/ill", with: [], sync: false)
            let found = error {
                _ = try setting.link.probe("plugin.describe", milliseconds: 500) { try PluginDescription(json: $0) }
            }
            #expect(found?.code == .failedPrecondition)
            #expect(found?.message.contains("it speaks protocol 2") == true, "\(String(describing: found))")
        }
    }
}

/// What a plugin may have mounted.
@Suite struct MountRuleTests {
    private func refusal(_ mounts: [Mount], _ roots: [String]) -> String? {
        do throws(GantryError) { try MountRule(roots: roots).check(mounts, of: "snapshotter.v1/x") } catch {
            return error.message
        }
        return nil
    }

    @Test func linksAreFollowedBeforeTheJudgement() throws {
        let place = "/tmp/gantry-rule-\(File.random(6).map { String($0, radix: 16) }.joined())"
        try Path.makeDirectory(place, mode: 0o700)
        defer { try? Directory.removeTree(place) }
        for name in ["in", "in/up", "in/work", "in/low", "inner"] { try Path.makeDirectory("\(place)/\(name)") }
        try Path.symlink("/etc", as: place + "/in/link")
        let roots = [place + "/in"]
        #expect(refusal([.bind(place + "/in/low", readOnly: true)], roots) == nil)
        #expect(refusal([.bind(place + "/in", readOnly: true)], roots) == nil)
        #expect(refusal([.bind(place + "/in/link", readOnly: true)], roots)?.contains("'/etc' lies outside") == true)
        #expect(refusal([.bind(place + "/in/../inner", readOnly: true)], roots) != nil)
        #expect(refusal([.bind(place + "/inner", readOnly: true)], roots) != nil, "a common beginning is not enough")
        #expect(refusal([.bind("in/low", readOnly: true)], roots)?.contains("no absolute path") == true)
        #expect(refusal([.bind(place + "/in/none", readOnly: true)], roots)?.contains("no such file") == true)
        #expect(refusal([Mount(type: "nfs", source: "server:/x")], roots)?.contains("type 'nfs'") == true)
        let target = Mount(type: "bind", source: place + "/in/low", target: "../x", options: ["bind"])
        #expect(refusal([target], roots)?.contains("'../x' leads out") == true)
        func overlay(_ lower: String, _ upper: String) -> Mount {
            Mount(
                type: "overlay", source: "overlay",
                options: ["lowerdir=\(lower)", "upperdir=\(upper)", "workdir=\(place)/in/work"])
        }
        #expect(refusal([overlay(place + "/in/low:" + place + "/in/low", place + "/in/up")], roots) == nil)
        #expect(refusal([overlay(place + "/in/low:/etc", place + "/in/up")], roots)?.contains("'/etc'") == true)
        #expect(refusal([overlay(place + "/in/low", "/var")], roots)?.contains("'/var'") == true)
        #expect(refusal([overlay(place + "/in/low", place + "/in/up")], []) != nil)
        #expect(refusal([.bind("/etc", readOnly: true)], ["/"]) == nil)
    }
}
