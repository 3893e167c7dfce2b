import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Death at each step of create, start, exec, stop and remove: of the daemon, of a shim, of the runtime.
    ///
    /// `withEngine` counts what is left afterwards: mounts, processes, cgroups, files.
    @Suite struct FailurePointTests {
        /// Everything a container does in its life. A daemon that dies on the way comes back, without its failure point; the
        /// call that was cut may fail.
        /// - Returns: whether the daemon died.
        private func live(_ engine: Engine, _ name: String) throws -> Bool {
            var died = false
            for verb in [
                ["run", "-d", "--name", name, "-v", "/data", "busybox", "sleep", "1000"], ["exec", name, "true"],
                ["stop", "-t", "0", name], ["rm", "-v", name],
            ] {
                let call = try engine.begin(verb)
                try waitUntil("\(verb[0]) has ended, or the daemon has") { call.hasEnded || engine.daemonHasEnded }
                if engine.daemonHasEnded {
                    died = true
                    try engine.kill()
                    engine.daemonEnvironment = []
                    try engine.start()
                }
                _ = try call.wait(seconds: 60)
            }
            return died
        }

        /// The container, if it is there, is in a state that is true, and can be used from there.
        private func checkUse(_ engine: Engine, _ name: String) throws {
            guard let state = try? engine.must("ps", "-a", "--filter", "name=^\(name)$", "--format", "{{.State}}"),
                !state.isEmpty
            else { return }
            if state == "paused" { try engine.must("unpause", name) }
            if state == "running" || state == "paused" {
                try engine.must("exec", name, "true")
            } else {
                #expect(["created", "exited"].contains(state), "\(name)")
                try engine.must("start", name)
                try engine.must("exec", name, "true")
            }
            try engine.must("rm", "-f", "-v", name)
        }

        @Test(arguments: FailurePoint.allCases.filter { !$0.isShims && !$0.isMigrations && !$0.isSnapshotters })
        func theDaemonDies(_ point: FailurePoint) throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "bystander", "busybox", "sleep", "1000")
                try engine.stop()
                engine.daemonEnvironment = ["GANTRY_FAILURE_POINT=\(point.rawValue)@\(engine.scratch)/reached"]
                try engine.start()
                if try !live(engine, "victim") {
                    // What is done behind the answers has a moment more.
                    try waitUntil("the daemon has died at \(point.rawValue)") { engine.daemonHasEnded }
                    try engine.kill()
                    engine.daemonEnvironment = []
                    try engine.start()
                }
                try engine.must("exec", "bystander", "true")
                try checkUse(engine, "victim")
                try engine.must("run", "--rm", "--name", "victim", "busybox", "true")
            }
        }

        @Test(arguments: FailurePoint.allCases.filter(\.isShims))
        func aShimDies(_ point: FailurePoint) throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "bystander", "busybox", "sleep", "1000")
                try engine.stop()
                engine.daemonEnvironment = ["GANTRY_FAILURE_POINT=\(point.rawValue)@\(engine.scratch)/reached"]
                try engine.start()
                #expect(try !live(engine, "victim"))
                try waitUntil("a shim has died at \(point.rawValue)") { Path.exists(engine.scratch + "/reached") }
                try engine.stop()
                engine.daemonEnvironment = []
                try engine.start()
                try engine.must("exec", "bystander", "true")
                try checkUse(engine, "victim")
                try engine.must("run", "--rm", "--name", "victim", "busybox", "true")
            }
        }

        /// The runtime is killed after some time, short enough to lie within its work; what it made by then is cleaned up.
        @Test(arguments: ["crun", "runc"]) func theRuntimeDies(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                for verb in ["run", "exec", "delete"] {
                    for milliseconds in [0, 1, 2, 4, 8, 16, 32] {
                        let wrapper = engine.scratch + "/\(runtime)"
                        let script = """
                            #!/bin/bash
                            case " $* " in *" \(verb) "*) if [ ! -e \(engine.scratch)/done ]; then
                              : > \(engine.scratch)/done
                              /usr/bin/env PATH=$PATH:/usr/sbin:/usr/bin \(runtime) "$@" & pid=$!
                              sleep \(Double(milliseconds) / 1000); kill -9 $pid; wait $pid 2>/dev/null; exit 137
                            fi;; esac
                            PATH=$PATH:/usr/sbin:/usr/bin exec \(runtime) "$@"
                            """
                        try File.replace(wrapper, with: Array(script.utf8), mode: 0o755, sync: false)
                        let name = "\(verb)-\(milliseconds)"
                        _ = try engine.run([
                            "run", "-d", "--runtime", wrapper, "--name", name, "busybox", "sleep", "1000",
                        ])
                        _ = try engine.run(["exec", name, "true"])
                        _ = try engine.run(["stop", "-t", "0", name])
                        // The first call that went wrong is the last.
                        try waitUntil("\(verb) was called") { Path.exists(engine.scratch + "/done") }
                        try checkUse(engine, name)
                        try? Path.unlink(engine.scratch + "/done")
                    }
                }
                try? Path.unlink(engine.scratch + "/\(runtime)")
            }
        }

        /// Whatever people do, and whatever is killed meanwhile: in the end the books are balanced.
        @Test func randomVerbsAndKills() throws {
            try withEngine { (engine: Engine) throws in
                var generator = Seeded(state: 20_261_124)
                let names = (0..<20).map { "box-\($0)" }
                for round in 0..<200 {
                    let name = names.randomElement(using: &generator)!
                    let verb = Self.verbs.randomElement(using: &generator)!
                    let call = try engine.begin(verb.map { $0 == "NAME" ? name : $0 })
                    if round % 10 == 9 {
                        Clock.sleep(milliseconds: Int64.random(in: 0...60, using: &generator))
                        if round % 20 == 9 {
                            try engine.kill()
                            Clock.sleep(milliseconds: Int64.random(in: 0...100, using: &generator))
                            try engine.start()
                        } else {
                            let found = try engine.run(["inspect", "-f", "{{.State.Pid}}", name])
                            let pid = Int32(found.text) ?? 0
                            if pid > 0, let shim = try? engine.shim(of: pid) {
                                try? Processes.signal(pid: shim, Signals.kill)
                            }
                        }
                    }
                    _ = try call.wait(seconds: 60)
                }
                for name in names { try checkUse(engine, name) }
                #expect(try engine.must("ps", "-aq").isEmpty)
            }
        }

        private static let verbs: [[String]] = [
            ["run", "-d", "--name", "NAME", "busybox", "sleep", "1000"],
            ["run", "-d", "--name", "NAME", "-v", "/data", "busybox", "sh", "-c", "sleep 0.3; exit 3"],
            ["run", "--rm", "--name", "NAME", "busybox", "true"],
            ["create", "--name", "NAME", "--memory", "64m", "busybox", "sleep", "1000"],
            ["start", "NAME"], ["start", "NAME"], ["restart", "-t", "0", "NAME"], ["stop", "-t", "0", "NAME"],
            ["kill", "NAME"], ["pause", "NAME"], ["unpause", "NAME"], ["exec", "NAME", "true"],
            ["exec", "-d", "NAME", "sleep", "0.2"], ["update", "--memory", "96m", "NAME"], ["rm", "-f", "-v", "NAME"],
            ["rm", "NAME"], ["diff", "NAME"], ["cp", "NAME:/etc/passwd", "-"], ["logs", "NAME"],
            ["stats", "--no-stream", "NAME"], ["top", "NAME"], ["inspect", "NAME"], ["explain", "NAME"],
        ]
    }
}
