import GantrySystem
import Testing

extension Integration {
    /// The programs themselves: what they are linked with, and what they say of their configuration.
    @Suite struct ProgramTests {
        @Test func shimIsStaticAndSmall() throws {
            let path = Engine.programs + "/gantry-shim"
            let file = try File.open(path)
            var shim = [UInt8](repeating: 0, count: 4096)
            #expect(try shim.withUnsafeMutableBytes { try File.readFull(file.raw, into: $0) } == 4096)
            // ELF: 64 bits, little-endian; no program header may ask for an interpreter (3).
            try #require(Array(shim[0..<6]) == [0x7F, 0x45, 0x4C, 0x46, 2, 1])
            func number(_ at: Int, _ bytes: Int) -> Int {
                (0..<bytes).reduce(0) { $0 | Int(shim[at + $1]) << (8 * $1) }
            }
            let (start, size, count) = (number(32, 8), number(54, 2), number(56, 2))
            let kinds = (0..<count).map { number(start + $0 * size, 4) }
            #expect(count > 0)
            #expect(!kinds.contains(3), "gantry-shim asks for a dynamic linker")
            let found = try Program(
                "/bin/grep", ["-a", "-o", "-m", "3", "-E", "libFoundation|FoundationEssentials|NSObject", path],
                environment: ["LC_ALL=C"]
            ).wait()
            #expect(found.lines == [], "gantry-shim has Foundation in it")
        }

        /// Runs gantryd with a configuration that it must refuse; what it says.
        private func refusal(_ text: String, dropIn: String? = nil) throws -> String {
            var said = ""
            try withEngine([]) { (engine: Engine) throws in
                let file = engine.scratch + "/gantry.toml"
                try File.replace(file, with: Array(text.utf8), sync: false)
                if let dropIn {
                    try Path.makeDirectories(engine.scratch + "/conf.d")
                    try File.replace(engine.scratch + "/conf.d/10-x.toml", with: Array(dropIn.utf8), sync: false)
                }
                let outcome = try Program(
                    Engine.programs + "/gantryd",
                    ["--config", file, "--root", engine.scratch + "/root", "--state", engine.scratch + "/state"],
                    environment: engine.environment
                ).wait(seconds: 10)
                #expect(outcome.status == 1)
                said = outcome.errorText
            }
            return said
        }

        @Test func mistakesAreToldWithFileAndLine() throws {
            #expect(
                try refusal("# first\n\nsnapshoter = \"native\"\n").contains("gantry.toml:3': unknown key 'snapshoter'")
            )
            #expect(try refusal("[limits]\nthreads = \"many\"\n").contains("gantry.toml:2': limits.threads must be"))
            #expect(try refusal("root = \n").contains("gantry.toml:1'"))
            #expect(try refusal("", dropIn: "\nfoo = 1\n").contains("conf.d/10-x.toml:2': unknown key 'foo'"))
            #expect(try refusal("log_level = \"loud\"\n").contains("gantry.toml:1': log_level must be one of"))
        }

        @Test func dropInsOverrule() throws {
            try withEngine([]) { (engine: Engine) throws in
                let home = engine.scratch
                try Path.makeDirectories(home + "/conf.d")
                let first = "root = \"/nowhere\"\nsnapshotter = \"overlayfs\"\n"
                try File.replace(home + "/gantry.toml", with: Array(first.utf8), sync: false)
                let last = "root = \"\(home)/root\"\nsnapshotter = \"native\"\n"
                try File.replace(home + "/conf.d/50-own.toml", with: Array(last.utf8), sync: false)
                try File.replace(home + "/conf.d/60-other.txt", with: Array("not = toml".utf8), sync: false)
                let state = engine.state + "/o"
                let daemon = try Program(
                    Engine.programs + "/gantryd", ["--config", home + "/gantry.toml", "--state", state],
                    environment: engine.environment)
                defer { try? daemon.signal(Signals.kill) }
                try waitUntil("it listens") { Path.exists(state + "/gantry.sock") || daemon.hasEnded }
                let info = try engine.run(["--socket", state + "/gantry.sock", "info"])
                #expect(info.text.contains("Storage Driver: native"), "\(daemon.errorsSoFar)")
                #expect(info.text.contains("Root Directory: \(home)/root"))
                try daemon.signal(Signals.terminate)
                #expect(try daemon.wait().status == 0)
            }
        }

        @Test func theSampleConfigurationIsAccepted() throws {
            let sample = try File.contents(Images.package + "/config/gantry.toml")
            try withEngine(configuration: String(decoding: sample, as: UTF8.self)) { (engine: Engine) throws in
                #expect(try engine.must("run", "--rm", "busybox", "echo", "as sampled") == "as sampled")
            }
        }

        @Test func theNativeSnapshotterRunsContainers() throws {
            try withEngine([Images.layers], configuration: "snapshotter = \"native\"\n") { (engine: Engine) throws in
                #expect(try engine.must("run", "--rm", "layers", "cat", "/data/top") == "11")
            }
        }

        @Test func aStateThatIsTooLongIsRefused() throws {
            try withEngine([]) { (engine: Engine) throws in
                let long = engine.scratch + "/" + String(repeating: "x", count: 100)
                let outcome = try Program(
                    Engine.programs + "/gantryd", ["--root", engine.scratch + "/root", "--state", long],
                    environment: engine.environment
                ).wait(seconds: 10)
                #expect(outcome.status == 1)
                #expect(outcome.errorText.contains("107") || outcome.errorText.contains("long"), "\(outcome.errorText)")
            }
        }
    }
}
