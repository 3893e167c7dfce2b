import GantryClient
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Pulls that break off in the middle and go on: what is on the disk is not fetched again.
    @Suite struct PullBreakTests {
        private static let size: Int64 = 30 << 20
        /// Headers, tokens, documents, and what was on its way when something broke.
        private static let slack: Int64 = 4 << 20

        /// Begins a pull and waits until some 30 MB of it have come.
        private func begin(_ engine: Engine, _ network: TestNetwork, _ image: String) throws -> Program {
            try network.hold(Self.size)
            let client = try engine.begin(["pull", image])
            try waitUntil("30 MB came") { () throws in
                try network.count().served >= Self.size && engine.pulledBytes() >= Self.size - Self.slack
            }
            return client
        }

        /// Pulls again and checks that only what was missing came.
        private func finish(_ engine: Engine, _ network: TestNetwork, _ image: String, kept: Int64) throws {
            let before = try network.release().served
            let outcome = try engine.run(["pull", "-q", image], seconds: 60)
            #expect(outcome.status == 0 && outcome.text == image, "\(outcome.errorText)")
            let served = try network.count().served - before
            let whole = try engine.pulledBytes()
            #expect(kept >= Self.size - Self.slack, "\(kept) bytes were kept")
            #expect(served <= whole - kept + (1 << 20), "\(served) of \(whole) bytes came again, \(kept) were here")
            #expect(try !engine.must("run", "--rm", image, "cat", "/data/top").isEmpty)
            #expect(try engine.client().strings("id", of: "leases.list") == [])
        }

        private func withPull(
            of recipe: Images.Recipe = Images.medium, _ body: (Engine, TestNetwork, String) throws -> Void
        ) throws {
            let image = try Shelf.image(recipe, as: recipe == Images.large ? "large:1" : "medium:1")
            let network = try TestNetwork(to: try Shelf.address())
            try withEngine([]) { (engine: Engine) throws in
                try body(engine, network, "\(network.address)/\(image.split(separator: "/")[1])")
            }
        }

        @Test func theDaemonIsKilled() throws {
            try withPull(of: Images.large) { (engine, network, image) throws in
                let client = try begin(engine, network, image)
                try engine.kill()
                let outcome = try client.wait()
                #expect(outcome.status == 1 && outcome.errorText.hasPrefix("Error: "))
                let kept = try engine.pulledBytes()
                try engine.start()
                try finish(engine, network, image, kept: kept)
            }
        }

        @Test func theDaemonIsStopped() throws {
            try withPull { (engine, network, image) throws in
                let client = try begin(engine, network, image)
                let start = Clock.monotonic
                #expect(try engine.stop() == 0)
                #expect(Clock.monotonic - start < 4_000_000_000)
                #expect(try client.wait().status == 1)
                let kept = try engine.pulledBytes()
                try engine.start()
                try finish(engine, network, image, kept: kept)
            }
        }

        @Test func theClientIsKilled() throws {
            try withPull { (engine, network, image) throws in
                let client = try begin(engine, network, image)
                try client.signal(Signals.interrupt)
                let start = Clock.monotonic
                #expect(try client.wait().status == 130)
                while try network.count().connections > 0, Clock.monotonic - start < 5_000_000_000 {
                    Clock.sleep(milliseconds: 20)
                }
                #expect(Clock.monotonic - start < 1_500_000_000, "the transfer ends with its client")
                // The collector has had its chance.
                Clock.sleep(milliseconds: 500)
                try finish(engine, network, image, kept: try engine.pulledBytes())
            }
        }

        @Test func theNetworkIsGone() throws {
            try withPull { (engine, network, image) throws in
                let client = try begin(engine, network, image)
                try network.cut()
                let outcome = try client.wait(seconds: 20)
                #expect(outcome.status == 1 && outcome.errorText.contains("Error: pull"), "\(outcome.errorText)")
                #expect(try engine.run(["pull", image]).status == 1)
                let kept = try engine.pulledBytes()
                try network.heal()
                try finish(engine, network, image, kept: kept)
            }
        }

        @Test func theNetworkComesBackInTime() throws {
            try withPull { (engine, network, image) throws in
                let client = try begin(engine, network, image)
                let before = try network.release().served
                try network.cut()
                try network.heal()
                let outcome = try client.wait(seconds: 60)
                #expect(outcome.status == 0, "\(outcome.errorText)")
                #expect(try network.count().served - before < engine.pulledBytes() - Self.size + 2 * Self.slack)
            }
        }

        @Test func theFirstOfTwoClientsLeaves() throws {
            try withPull { (engine, network, image) throws in
                let start = try network.count().served
                let first = try begin(engine, network, image)
                let second = try engine.begin(["pull", image])
                try second.waitForOutput("Pulling fs layer")
                try first.signal(Signals.kill)
                _ = try first.wait()
                Clock.sleep(milliseconds: 300)
                try network.release()
                let outcome = try second.wait(seconds: 60)
                #expect(outcome.status == 0, "\(outcome.errorText)")
                let served = try network.count().served - start
                let whole = try engine.pulledBytes()
                #expect(served <= whole + (1 << 20), "\(served) bytes for \(whole)")
            }
        }

        @Test func theDiskIsFull() throws {
            let image = try Shelf.image(Images.medium, as: "medium:1")
            let disk = "/tmp/gantry-full-\(Processes.current)"
            try Path.makeDirectories(disk)
            try Mounts.mount("tmpfs", at: disk, type: "tmpfs", options: "size=60m")
            defer {
                try? Mounts.unmount(disk)
                try? Path.removeDirectory(disk)
            }
            try withEngine([], arguments: ["--root", disk + "/root"]) { (engine: Engine) throws in
                let outcome = try engine.run(["pull", image], seconds: 60)
                #expect(outcome.status == 1)
                #expect(outcome.errorText.contains("no space left on"), "\(outcome.errorText)")
                #expect(try engine.must("images", "-q") == "")
                // With room, it goes on.
                let more = try Program("/bin/mount", ["-o", "remount,size=600m", disk], environment: [])
                #expect(try more.wait().status == 0)
                #expect(try engine.run(["pull", "-q", image], seconds: 60).text == image)
                #expect(try engine.must("run", "--rm", image, "cat", "/data/top") == "10")
            }
        }
    }
}

extension Engine {
    /// Compressed bytes of images on the disk: whole blobs and half ones.
    func pulledBytes() throws -> Int64 {
        var total: Int64 = 0
        for entry in (try? Directory.list(root + "/content/blobs/sha256")) ?? [] {
            total += (try? FileStatus.of("\(root)/content/blobs/sha256/\(entry.name)").size) ?? 0
        }
        for entry in (try? Directory.list(root + "/content/ingest")) ?? [] {
            total += (try? FileStatus.of("\(root)/content/ingest/\(entry.name)/data").size) ?? 0
        }
        return total
    }
}
