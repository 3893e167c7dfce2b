import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Containers written into files, from which they go on.
    @Suite struct CheckpointTests {
        /// CRIU is particular about kernels: Debian 12's knows its own, which `make test-vm` has.
        static let criuWorks: Bool = {
            guard Machine.find("criu") != nil else { return false }
            let spawn = Spawn(Machine.find("criu")!, ["criu", "check"], environment: ["PATH=\(Machine.searchPath)"])
            return (try? ProgramRun.run(spawn, milliseconds: 30_000))?.status == .exited(0)
        }()

        private static let counter = "i=0; while :; do i=$((i+1)); echo $i; echo $i > /count; sleep 0.1; done"

        private static func count(_ engine: Engine, _ container: String) throws -> Int {
            try Int(engine.must("logs", "--tail", "1", container)) ?? 0
        }

        @Test(.enabled(if: criuWorks, "CRIU is not installed, or does not work with this kernel ('criu check')"))
        func aContainerGoesOnWhereItWas() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "counts", "--runtime", "runc", "busybox", "sh", "-c", Self.counter)
                try waitUntil("it has counted") { try Self.count(engine, "counts") >= 10 }
                // A copy of a running one first.
                #expect(try engine.must("checkpoint", "create", "--leave-running", "counts", "early") == "early")
                #expect(try engine.summary("counts")["state"] == "running")
                let twice = try engine.run(["checkpoint", "create", "counts", "early"])
                #expect(twice.status == 1 && twice.errorText.contains("has a checkpoint 'early'"))
                try engine.must("checkpoint", "create", "counts", "late")
                #expect(try engine.summary("counts")["state"] == "exited")
                #expect(try engine.must("explain", "counts").contains("stopped by the checkpoint 'late'"))
                let last = try Self.count(engine, "counts")
                #expect(last >= 10)
                let listed = try engine.must("checkpoint", "ls", "counts").split(separator: "\n")
                #expect(listed.count == 3 && listed[1].hasPrefix("early") && listed[2].hasPrefix("late"), "\(listed)")
                try engine.kill()
                try engine.start()
                try engine.must("start", "--checkpoint", "late", "counts")
                try waitUntil("it counts on") { try Self.count(engine, "counts") > last }
                // Nothing was counted twice, and nothing from the beginning.
                let numbers = try engine.must("logs", "counts").split(separator: "\n").compactMap { Int($0) }
                #expect(numbers == Array(1...numbers.count))
                // It is a container like any other.
                #expect(try engine.must("exec", "counts", "cat", "/count") != "")
                try engine.must("pause", "counts")
                try engine.must("unpause", "counts")
                try engine.must("stop", "-t", "0", "counts")
                // The older one is still there, and goes on from its own time.
                try engine.must("start", "--checkpoint", "early", "counts")
                try engine.must("checkpoint", "rm", "counts", "early")
                #expect(try engine.must("checkpoint", "ls", "counts").contains("late"))
                #expect(try engine.run(["start", "--checkpoint", "early", "counts"]).status == 1)
                try engine.must("rm", "-f", "counts")
            }
        }

        @Test func whatCannotBeDoneIsSaidAndTheContainerRunsOn() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-dt", "--name", "terminal", "--runtime", "runc", "busybox", "sleep", "1000")
                try engine.must("run", "-d", "--name", "crun", "--runtime", "crun", "busybox", "sleep", "1000")
                try engine.must("run", "-d", "--name", "plain", "--runtime", "runc", "busybox", "sleep", "1000")
                try engine.must("create", "--name", "created", "busybox", "sleep", "1000")
                try engine.must(
                    "run", "-d", "--rm", "--name", "passing", "--runtime", "runc", "busybox", "sleep", "1000")
                var wrong = [
                    (["create", "terminal", "one"], "has a terminal"), (["create", "passing", "one"], "without --rm"),
                    (["create", "created", "one"], "not running"),
                    (["create", "crun", "../up"], "name"), (["create", "nobody", "one"], "no such container"),
                    (["rm", "plain", "one"], "no checkpoint 'one'"), (["rm", "plain", ".."], "no checkpoint '..'"),
                ]
                let crun = try Program("/bin/sh", ["-c", "crun --version"], environment: engine.environment).wait()
                if !crun.text.contains("+CRIU") { wrong.append((["create", "crun", "one"], "built without CRIU")) }
                if !Self.criuWorks {
                    wrong.append((["create", "plain", "one"], Machine.find("criu") == nil ? "criu" : "CRIU:"))
                }
                for (words, reason) in wrong {
                    let outcome = try engine.run(["checkpoint"] + words)
                    #expect(outcome.status == 1, "\(words)")
                    #expect(outcome.errorText.contains(reason), "\(words): \(outcome.errorText)")
                }
                let start = try engine.run(["start", "--checkpoint", "one", "created"])
                #expect(start.status == 1 && start.errorText.contains("no checkpoint 'one'"))
                for name in ["terminal", "crun", "plain"] {
                    #expect(try engine.must("exec", name, "echo", "lives") == "lives")
                    #expect(try engine.must("checkpoint", "ls", name).split(separator: "\n").count == 1)
                }
                #expect(try engine.summary("created")["state"] == "created")
            }
        }

        /// What a broken run left is no checkpoint.
        @Test func aHalfIsNone() throws {
            try withEngine { (engine: Engine) throws in
                let id = try engine.must("create", "--runtime", "runc", "busybox", "sleep", "1000")
                let place = "\(engine.root)/containers/default/\(id)/checkpoints/half"
                try Path.makeDirectories(place)
                try File.replace(place + "/descriptors.json", with: [], sync: false)
                #expect(try engine.must("checkpoint", "ls", id).split(separator: "\n").count == 1)
                let start = try engine.run(["start", "--checkpoint", "half", id])
                #expect(start.status == 1 && start.errorText.contains("no checkpoint 'half'"))
                // One whose images make no sense: CRIU says so, and the container can be started.
                try File.replace(place + "/inventory.img", with: [1, 2, 3], sync: false)
                #expect(try engine.must("checkpoint", "ls", id).contains("half"))
                let broken = try engine.run(["start", "--checkpoint", "half", id])
                #expect(broken.status == 1 && broken.errorText.contains("start container"), "\(broken.errorText)")
                try engine.must("start", id)
                #expect(try engine.must("exec", id, "echo", "lives") == "lives")
            }
        }
    }
}
