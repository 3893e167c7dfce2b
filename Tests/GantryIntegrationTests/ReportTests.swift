import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Listings and reports, for people and for programs.
    @Suite struct ReportTests {
        @Test func listingsAsJSON() throws {
            try withEngine { (engine: Engine) throws in
                let id = try engine.must("create", "--name", "one", "busybox", "echo", "a b")
                let line = try engine.must("ps", "-a", "--no-trunc", "--format", "json")
                let object = try JSON.parse(Array(line.utf8))
                #expect(object["ID"]?.string == id)
                #expect(object["Names"]?.string == "one")
                #expect(object["Image"]?.string == "busybox" || object["Image"]?.string == "busybox:latest")
                let images = try JSON.parse(Array(try engine.must("images", "--format", "json").utf8))
                #expect(images["Repository"]?.string == "busybox")
                let short = try engine.must("ps", "-aq")
                #expect(short == String(id.prefix(12)))
                #expect(try engine.must("container", "ls", "-a", "-q") == short)
                #expect(try engine.must("ps").split(separator: "\n").count == 1)
            }
        }

        @Test func inspectHasDockersShape() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "one", "-e", "K=v", "-w", "/tmp", "busybox", "sleep", "1000")
                let all = try JSON.parse(Array(try engine.must("inspect", "one", "busybox").utf8)).array ?? []
                try #require(all.count == 2)
                let container = all[0]
                #expect(container["Name"]?.string == "/one")
                #expect(container["State"]?["Running"]?.bool == true)
                #expect(container["Path"]?.string == "sleep")
                #expect(container["Args"]?.array == ["1000"])
                #expect(container["Config"]?["WorkingDir"]?.string == "/tmp")
                #expect(container["Config"]?["Env"]?.array?.contains("K=v") == true)
                #expect(container["Image"] == all[1]["Id"])
                #expect(all[1]["RepoTags"]?.array == ["busybox:latest"])
                #expect(all[1]["RootFS"]?["Layers"]?.array?.count == 1)
                #expect(try engine.must("inspect", "-f", "{{json .State.Running}}", "one") == "true")
                let pid = try engine.must("inspect", "-f", "{{.State.Pid}}", "one")
                #expect(Machine.read("/proc/\(pid)/cmdline") == "sleep\u{0}1000\u{0}")
                let missing = try engine.run(["inspect", "one", "nothing"])
                #expect(missing.status == 1)
                #expect(missing.errorText.contains("nothing"))
                #expect(!missing.text.isEmpty)
            }
        }

        @Test func theEngineTellsOfItself() throws {
            try withEngine { (engine: Engine) throws in
                let version = try JSON.parse(Array(try engine.must("version", "--format", "json").utf8))
                #expect(version["Server"] != nil && version["Client"] != nil)
                let info = try JSON.parse(Array(try engine.must("info", "--format", "json").utf8))
                #expect(info.text.contains(engine.root))
                let report = try engine.must("info")
                #expect(report.contains("Runtime: crun"))
                #expect(report.contains("Reason: "))
                #expect(report.contains("Storage Driver: overlayfs"))
                let plugins = try engine.must("plugins")
                for name in ["overlayfs", "native"] { #expect(plugins.contains(name)) }
                #expect(try engine.must("--version").contains("0."))
            }
        }

        @Test func everyCommandHelpsWithAnExample() throws {
            try withEngine([]) { (engine: Engine) throws in
                let commands = [
                    "load", "images", "tag", "rmi", "run", "create", "start", "stop", "kill", "rm", "wait", "logs",
                    "ps",
                    "inspect", "version", "info", "plugins",
                ]
                for command in commands {
                    let help = try engine.must(command, "--help")
                    #expect(help.contains("gantry \(command) "), "no example in: gantry \(command) --help")
                }
                let unknown = try engine.run(["fly"])
                #expect(unknown.status != 0)
                #expect(unknown.errorText.contains("fly"))
                let none = try Program(
                    Engine.programs + "/gantry", ["--socket", "/tmp/none.sock", "ps"], environment: engine.environment
                ).wait()
                #expect(none.status == 1)
                #expect(none.errorText.contains("/tmp/none.sock"))
                #expect(none.errorText.contains("gantryd"))
            }
        }
    }
}
