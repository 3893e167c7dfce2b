import GantryClient
import GantrySystem
import GantryTesting
import GantryWire
import Testing

extension Integration {
    /// Death at each step of prepare, commit and remove, in each built-in snapshotter: nothing is lost and nothing is left.
    @Suite struct SnapshotterDeathTests {
        private static let points = FailurePoint.allCases.filter(\.isSnapshotters)
        private static let noBtrfs = LoopFilesystem.missing("btrfs")
        static let noErofs: String? = {
            let release = (try? File.contents("/proc/sys/kernel/osrelease", limit: 4096)) ?? []
            let numbers = String(decoding: release, as: UTF8.self).split { !$0.isNumber }.prefix(2).compactMap {
                Int($0)
            }
            return numbers.lexicographicallyPrecedes([6, 12]) ? "kernels before 6.12 mount no erofs from a file" : nil
        }()

        @Test(arguments: ["overlayfs", "native"], points) func ordinary(_ driver: String, _ point: FailurePoint) throws
        {
            try LoopFilesystem.withOrdinary { place in try live(driver, point, in: place) }
        }

        @Test(.enabled(if: noErofs == nil, "\(Comment(rawValue: noErofs ?? ""))"), arguments: points)
        func erofs(_ point: FailurePoint) throws {
            try LoopFilesystem.withOrdinary { place in try live("erofs", point, in: place) }
        }

        @Test(.enabled(if: noBtrfs == nil, "\(Comment(rawValue: noBtrfs ?? ""))"), arguments: points)
        func btrfs(_ point: FailurePoint) throws {
            try LoopFilesystem.with("btrfs") { disk in try live("btrfs", point, in: disk.place) }
        }

        private func live(_ driver: String, _ point: FailurePoint, in place: String? = nil) throws {
            try withEngine([Images.busybox], configuration: "snapshotter = \"\(driver)\"\n", in: place) {
                (engine: Engine) throws in
                try engine.must("run", "--name", "kept", "busybox", "sh", "-c", "echo kept > /kept; rm /etc/group")
                try engine.stop()
                engine.daemonEnvironment = ["GANTRY_FAILURE_POINT=\(point.rawValue)@\(engine.scratch)/reached"]
                try engine.start()
                let archive = try Images.archive(Images.layers)
                for verb in [
                    ["load", "-q", "-i", archive],
                    ["run", "--name", "victim", "layers", "sh", "-c", "echo x > /x; rm /etc/group"],
                    ["rm", "victim"], ["rmi", "layers"],
                ] {
                    try survive(engine, verb)
                }
                if engine.daemonEnvironment != [] {
                    // What is done behind the answers has a moment more.
                    try waitUntil("the daemon has died at \(point.rawValue)") { engine.daemonHasEnded }
                    try revive(engine)
                }
                // Nothing is lost.
                try engine.must("cp", "kept:/kept", engine.scratch + "/kept")
                #expect(try File.contents(engine.scratch + "/kept") == Array("kept\n".utf8))
                #expect(try engine.must("diff", "kept").contains("D /etc/group"))
                #expect(try engine.must("run", "--rm", "busybox", "cat", "/etc/group").contains("root"))
                // Nothing is left.
                try engine.must("rm", "kept")
                try engine.must("rmi", "-f", "busybox")
                // What a call that was cut has made is held for an hour, so that the next one finds it.
                let client = try engine.client()
                for lease in try client.strings("id", of: "leases.list") {
                    _ = try client.call("leases.delete", ["id": .string(lease)])
                }
                let directory = "\(engine.root)/snapshots/\(driver)"
                try waitUntil("all is gone") { () throws in
                    try Directory.list(directory).map(\.name) == ["trash"]
                        && Directory.list(directory + "/trash").isEmpty
                }
            }
        }

        /// A verb that is cut may have been done, or can be done again.
        private func survive(_ engine: Engine, _ verb: [String]) throws {
            let call = try engine.begin(verb)
            try waitUntil("\(verb[0]) has ended, or the daemon has") { call.hasEnded || engine.daemonHasEnded }
            let hasDied = engine.daemonHasEnded
            if hasDied { try revive(engine) }
            let outcome = try call.wait(seconds: 60)
            if outcome.status == 0 { return }
            #expect(hasDied, "\(verb[0]): \(outcome.errorText)")
            if verb[0] == "run" { _ = try engine.run(["rm", "-f", "victim"]) }
            let again = try engine.run(verb)
            let isDone = again.errorText.contains("no such")
            #expect(again.status == 0 || isDone, "\(verb[0]) again: \(again.errorText)")
        }

        private func revive(_ engine: Engine) throws {
            try engine.kill()
            engine.daemonEnvironment = []
            try engine.start()
        }
    }
}
