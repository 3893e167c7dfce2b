import GantryClient
import GantryModel
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Plugins of other processes, from their manifests: `gantry plugins`, `snapshotter`, `reload`.
    @Suite struct PluginTests {
        private static let dirsnap = Images.package + "/plugins/dirsnap/dirsnap.py"
        private static let wedged = Images.package + "/Tests/GantryRemoteTests/Resources/wedged.py"

        private func manifest(_ engine: Engine, _ name: String, _ lines: [String]) throws {
            try Path.makeDirectories(engine.plugins)
            let text = (["version = 1", "name = \"\(name)\""] + lines).joined(separator: "\n") + "\n"
            try File.replace("\(engine.plugins)/\(name).toml", with: Array(text.utf8), sync: false)
        }

        private func plugDirsnap(_ engine: Engine) throws {
            try manifest(
                engine, "dirsnap",
                [
                    "kind = \"snapshotter.v1\"", "socket = \"\(engine.state)/dirsnap\"",
                    "exec = [\"/usr/bin/python3\", \"\(Self.dirsnap)\"]", "root = \"\(engine.scratch)/dirsnap\"",
                ])
        }

        private func plugin(_ engine: Engine, _ id: String) throws -> JSON {
            try engine.client().call("system.plugin", ["id": .string(id)])
        }

        private func wait(_ engine: Engine, _ id: String, for state: String) throws {
            try waitUntil("\(id) is \(state)") { () throws in try plugin(engine, id)["state"]?.string == state }
        }

        @Test func containersRunOnAPluginThatGantrydKeepsRunning() throws {
            try withEngine([Images.busybox]) { (engine: Engine) throws in
                #expect(try engine.must("reload") == "nothing has changed")
                try plugDirsnap(engine)
                #expect(try engine.must("reload") == "plugin snapshotter.v1/dirsnap: added")
                // Who comes at once waits for it.
                #expect(try engine.must("run", "--rm", "--snapshotter", "dirsnap", "busybox", "echo", "hi") == "hi")
                try engine.must(
                    "run", "--name", "kept", "--snapshotter", "dirsnap", "busybox", "sh", "-c", "echo 1 >/a")
                try engine.must("snapshotter", "use", "dirsnap")
                try engine.must("run", "--name", "new", "busybox", "sh", "-c", "echo 2 >/a")
                #expect(
                    try engine.must("snapshotter", "ls", "--format", "{{.Name}} {{.Default}} {{.Containers}}")
                        .contains("dirsnap * (chosen) 2"))
                try engine.restart()
                #expect(try engine.must("cp", "kept:/a", "-").isEmpty == false)
                #expect(try engine.must("diff", "kept").contains("A /a"))
                try engine.must("snapshotter", "use", "--reset")
                #expect(
                    try engine.must("snapshotter", "ls", "--format", "{{.Name}} {{.Default}}").contains("overlayfs *\n")
                )
                #expect(try engine.must("run", "--rm", "busybox", "echo", "overlay") == "overlay")
                // Its process dies; another takes its place, with everything there.
                let before = try plugin(engine, "dirsnap")["process"]?["pid"]?.int
                try Processes.signal(pid: Int32(try #require(before)), Signals.kill)
                try waitUntil("another process") { () throws in
                    let now = try plugin(engine, "dirsnap")
                    return now["state"]?.string == "ready" && now["process"]?["pid"]?.int != before
                }
                #expect(try plugin(engine, "dirsnap")["lastError"]?.string?.contains("signal 9") == true)
                try engine.must("start", "-a", "kept")
                // Nothing stays when they go.
                try engine.must("rm", "kept", "new")
                try engine.must("rmi", "-f", "busybox")
                try waitUntil("the collector has removed its snapshots") { () throws in
                    try Directory.list(engine.scratch + "/dirsnap").isEmpty
                }
            }
        }

        /// As its author types it: the checks are a program of its own, whose options are not the command line's.
        @Test func theConformanceChecksRunAgainstASocket() throws {
            try withEngine([]) { (engine: Engine) throws in
                try plugDirsnap(engine)
                try engine.must("reload")
                try wait(engine, "dirsnap", for: "ready")
                let socket = "\(engine.state)/dirsnap"
                let passed = try engine.must("conformance", "snapshotter", "--socket", socket, "--filter", "stat tells")
                #expect(passed.contains("0 failed") && !passed.contains("0 passed"), "\(passed)")
                let refused = try engine.run(["conformance", "snapshotter", "--socket", socket + "-none"])
                #expect(refused.status != 0 && refused.errorText.contains(socket + "-none"), "\(refused.errorText)")
            }
        }

        @Test func aWedgedPluginHarmsOnlyThoseWhoUseIt() throws {
            try withEngine([Images.busybox]) { (engine: Engine) throws in
                try manifest(
                    engine, "wedged",
                    [
                        "kind = \"snapshotter.v1\"", "socket = \"\(engine.state)/wedged\"", "deadline = 1",
                        "exec = [\"/usr/bin/python3\", \"\(Self.wedged)\", \"silent\", \"--root\", "
                            + "\"\(engine.scratch)/w\", \"--socket\", \"\(engine.state)/wedged\"]",
                        "root = \"\(engine.scratch)/w\"",
                    ])
                // The start of the daemon waits for no plugin.
                try engine.restart()
                try wait(engine, "wedged", for: "ready")
                for _ in 1...3 {
                    let outcome = try engine.run(["run", "--snapshotter", "wedged", "busybox", "true"])
                    #expect(outcome.status == 125)
                    #expect(outcome.errorText.contains("no answer in 1 s"), "\(outcome.errorText)")
                }
                let start = Clock.monotonic
                let outcome = try engine.run(["run", "--snapshotter", "wedged", "busybox", "true"])
                #expect(outcome.errorText.contains("quarantined"), "\(outcome.errorText)")
                #expect(Clock.monotonic - start < 1_000_000_000)
                #expect(try engine.must("run", "--rm", "busybox", "echo", "well") == "well")
                // Ill in every way: said as it is, and the others go on.
                try File.replace(engine.scratch + "/w/ill", with: [], sync: false)
                try wait(engine, "wedged", for: "quarantined")
                #expect(try engine.must("plugins").contains("quarantined"))
                #expect(try engine.must("run", "--rm", "busybox", "echo", "well") == "well")
                try File.replace(engine.scratch + "/w/well", with: [], sync: false)
                try wait(engine, "wedged", for: "ready")
                #expect(try engine.must("ps", "-aq") == "")
                try Path.unlink(engine.plugins + "/wedged.toml")
                #expect(try engine.must("reload") == "plugin snapshotter.v1/wedged: removed")
                let gone = try engine.run(["run", "--snapshotter", "wedged", "busybox", "true"])
                #expect(gone.errorText.contains("no such snapshotter"), "\(gone.errorText)")
            }
        }

        @Test func whatIsWrongIsSaidAndLeftOut() throws {
            try withEngine([]) { (engine: Engine) throws in
                try plugDirsnap(engine)
                try manifest(
                    engine, "zwei", ["kind = \"snapshotter.v1\"", "socket = \"/x\"", "root = \"/x\"", "deadlne = 3"])
                try File.replace(
                    engine.plugins + "/dirsnap2.toml", with: try File.contents(engine.plugins + "/dirsnap.toml"),
                    sync: false)
                let outcome = try engine.run(["reload"])
                #expect(outcome.status == 1)
                #expect(outcome.text == "plugin snapshotter.v1/dirsnap: added")
                #expect(outcome.errorText.contains("/zwei.toml:6': key 'deadlne' is unknown"), "\(outcome.errorText)")
                #expect(
                    outcome.errorText.contains(
                        "/dirsnap2.toml': key 'name': 'snapshotter.v1/dirsnap' is taken by '\(engine.plugins)/dirsnap.toml'"
                    ),
                    "\(outcome.errorText)")
                try wait(engine, "dirsnap", for: "ready")
                let states = try engine.must("plugins", "--format", "{{.Kind}}/{{.Name}} {{.State}}")
                #expect(states.contains("plugin/zwei failed") && states.contains("plugin/dirsnap2 failed"), "\(states)")
                // A socket that anyone may write to is not used.
                try Path.changeMode(engine.state + "/dirsnap", 0o666)
                try wait(engine, "dirsnap", for: "failed")
                #expect(try plugin(engine, "dirsnap")["reason"]?.string?.contains("anyone may write to it") == true)
                try Path.changeMode(engine.state + "/dirsnap", 0o600)
                try wait(engine, "dirsnap", for: "ready")
            }
        }

        @Test func aReloadTakesUpTheConfiguration() throws {
            try withEngine([Images.busybox]) { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "runs", "busybox", "sleep", "1000")
                let old = try File.contents(engine.configurationFile)
                func configure(_ lines: String) throws {
                    try File.replace(engine.configurationFile, with: Array((lines + "\n").utf8) + old, sync: false)
                }
                try configure(
                    "snapshotter = \"native\"\nlog_level = \"debug\"\nrequired_plugins = [\"content.v1/disk\"]")
                let lines = try engine.must("reload").split(separator: "\n").map(String.init)
                #expect(
                    lines == [
                        "log_level: changed", "snapshotter: changed",
                        "required_plugins: changed; counts after a restart of gantryd",
                    ])
                #expect(try engine.must("info", "-f", "{{.Driver}}") == "native")
                try configure("snapshotter = 5")
                let outcome = try engine.run(["reload"])
                #expect(outcome.status == 1)
                #expect(outcome.errorText.contains("snapshotter must be a string"), "\(outcome.errorText)")
                #expect(try engine.must("info", "-f", "{{.Driver}}") == "native", "nothing has changed")
                try configure("snapshotter = \"overlayfs\"")
                try Processes.signal(pid: try #require(engine.daemonPID), Signals.hangUp)
                try waitUntil("SIGHUP counts") { () throws in
                    try engine.must("info", "-f", "{{.Driver}}") == "overlayfs"
                }
                #expect(try engine.must("ps", "--format", "{{.Names}}") == "runs")
                try engine.must("rm", "-f", "runs")
            }
        }

        @Test func aVerifierRefusesImagesBeforeTheyAreUnpacked() throws {
            try withEngine([]) { (engine: Engine) throws in
                let list = engine.scratch + "/allowed"
                try File.replace(list, with: [], sync: false)
                try manifest(
                    engine, "digest-list",
                    [
                        "kind = \"verifier.v1\"",
                        "exec = [\"/usr/bin/python3\", \"\(Images.package)/plugins/digest-list/digest_list.py\", \"\(list)\"]",
                    ])
                try engine.must("reload")
                let archive = try Images.archive()
                let outcome = try engine.run(["load", "-i", archive])
                #expect(outcome.status == 1)
                let digest = try #require(
                    outcome.errorText.firstMatch(of: /refused by 'verifier.v1\/digest-list': (\S+) is not in/))
                #expect(try engine.must("images", "-q") == "")
                #expect(try Directory.list(engine.root + "/snapshots/overlayfs").map(\.name) == ["trash"])
                try File.replace(list, with: Array("# busybox\n\(digest.1)\n".utf8), sync: false)
                try engine.must("load", "-q", "-i", archive)
                #expect(try engine.must("run", "--rm", "busybox", "echo", "passed") == "passed")
                // Unpacking for another snapshotter asks again; without the verifier nothing passes.
                try Path.unlink(list)
                let again = try engine.run(["run", "--rm", "--snapshotter", "native", "busybox", "true"])
                #expect(again.errorText.contains("refused by"), "\(again.errorText)")
                try manifest(engine, "digest-list", ["kind = \"verifier.v1\"", "exec = [\"/nowhere\"]"])
                try engine.must("reload")
                let without = try engine.run(["run", "--rm", "--snapshotter", "native", "busybox", "true"])
                #expect(without.errorText.contains("cannot be asked"), "\(without.errorText)")
                try manifest(
                    engine, "digest-list",
                    ["kind = \"verifier.v1\"", "exec = [\"/nowhere\"]", "on_failure = \"allow\""])
                try engine.must("reload")
                #expect(try engine.must("run", "--rm", "--snapshotter", "native", "busybox", "echo", "yes") == "yes")
            }
        }

        @Test func aDifferReadsLayersOfItsOwnTypes() throws {
            try withEngine([]) { (engine: Engine) throws in
                let archive = engine.scratch + "/bzip2.tar"
                let maker = Images.package + "/Tests/GantryIntegrationTests/Resources/bzip2_image.py"
                let made = try Program(
                    "/usr/bin/python3", [maker, try Images.archive(), archive],
                    environment: ["PATH=\(Machine.searchPath)"]
                ).wait()
                #expect(made.status == 0, "\(made.errorText)")
                #expect(try engine.run(["load", "-i", archive]).status == 1, "without the plugin nobody can read it")
                try manifest(
                    engine, "bzip2-layers",
                    [
                        "kind = \"differ.v1\"", "socket = \"\(engine.state)/bzip2\"",
                        "exec = [\"/usr/bin/python3\", \"\(Images.package)/plugins/bzip2-layers/bzip2_layers.py\"]",
                        "media_types = [\"application/vnd.oci.image.layer.v1.tar+bzip2\"]",
                    ])
                try engine.must("reload")
                try wait(engine, "bzip2-layers", for: "ready")
                try engine.must("load", "-q", "-i", archive)
                for driver in ["overlayfs", "native"] {
                    #expect(
                        try engine.must("run", "--rm", "--snapshotter", driver, "busybox", "echo", driver) == driver)
                }
            }
        }
    }
}
