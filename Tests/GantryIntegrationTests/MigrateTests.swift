import GantryClient
import GantrySystem
import GantryTesting
import GantryWire
import Testing

extension Integration {
    /// `gantry snapshotter migrate`: what was there is there afterwards, on another snapshotter, whatever happens meanwhile.
    @Suite struct MigrateTests {
        /// Ways to go; another driver that works here is another line.
        static let ways =
            [["overlayfs", "native"], ["native", "overlayfs"]]
            + (SnapshotterDeathTests.noErofs == nil ? [["overlayfs", "erofs"], ["erofs", "native"]] : [])

        /// Without the size, which is what a driver says that the layers take.
        private static let image = "{{.ID}} {{.Repository}}:{{.Tag}} {{.CreatedAt}}"

        private func engine(
            _ way: [String], _ images: [Images.Recipe] = [Images.layers], in place: String? = nil,
            _ body: (Engine) throws -> Void
        ) throws {
            try withEngine(images, configuration: "snapshotter = \"\(way[0])\"\n", in: place, body)
        }

        /// A container with changes of every kind, made by its own root; it has ended.
        private func makeContainer(_ engine: Engine, _ name: String, _ options: [String] = []) throws {
            let made = try engine.run(
                ["run", "--name", name] + options + [
                    "layers", "sh", "-c",
                    """
                    set -e; mkdir -p /w/deep; echo one > /w/a; ln /w/a /w/b; ln /w/a /w/deep/c; ln -s a /w/soft
                    mkfifo /w/pipe; chown 12:34 /w/deep; chmod 2750 /w/deep; chmod 4711 /w/a
                    dd if=/dev/zero of=/w/holes bs=1 count=1 seek=5000000 2>/dev/null; head -c 300000 /dev/urandom > /w/big
                    rm /bin/ls; echo more >> /etc/passwd; mv /bin/cat /bin/cat2; ln /bin/cat2 /w/linked
                    touch -d '2001-02-03 04:05:06' /w/deep/c /w; chmod 700 /etc; rm -rf /tmp; echo file > /tmp
                    """,
                ])
            #expect(made.status == 0, "\(made.errorText)")
            // What a container may not set itself.
            let mounts = try engine.must("snapshot", "mounts", try engine.id(name), engine.scratch)
            let set = try engine.shell(
                """
                set -e; \(mounts); trap 'cd /; umount \(engine.scratch)' EXIT; cd \(engine.scratch)
                mknod w/null c 1 3; setfattr -n user.note -v hello w/big; setfattr -n trusted.note -v h w/deep; setfattr -h -n trusted.l -v s w/soft
                touch -h -d '2002-02-02' w/soft w/null
                """)
            #expect(set.status == 0, "\(set.errorText)")
        }

        /// All that can be seen of a container's files, as the tools of the machine see it.
        private func facts(_ engine: Engine, _ name: String) throws -> String {
            let mounts = try engine.must("snapshot", "mounts", "--read-only", try engine.id(name), engine.scratch)
            let seen = try engine.shell(
                """
                set -e; \(mounts); trap 'cd /; umount \(engine.scratch)' EXIT; cd \(engine.scratch)
                find . -type d -printf '%p %y %m %U:%G %T@\\n' -o -printf '%p %y %m %U:%G %s %T@ %l\\n' | sort
                find . -type f -print0 | sort -z | xargs -0 sha256sum
                find . \\( -type c -o -type b \\) -print0 | sort -z | xargs -0 -r stat -c '%n %t %T'
                getfattr -Rhd -m - . 2>/dev/null
                for group in 'w/a w/b w/deep/c' 'bin/cat2 w/linked'; do ls -i $group | awk '{print $1}' | sort -u | wc -l; done
                """)
            #expect(seen.status == 0, "\(seen.errorText)")
            #expect(seen.text.hasSuffix("1\n1"), "hard links")
            return seen.text
        }

        private func settle(_ engine: Engine, _ driver: String) throws {
            try waitUntil("'\(driver)' is empty") { try engine.snapshots(driver).isEmpty }
        }

        @Test(arguments: ways) func everythingMoves(_ way: [String]) throws {
            try engine(way) { (engine: Engine) throws in
                try makeContainer(engine, "one")
                try makeContainer(engine, "two", ["--userns", "auto"])
                let before = try ["one", "two"].map { try facts(engine, $0) }
                let changes = try engine.must("diff", "one")
                let images = try engine.must("images", "--format", Self.image)
                let plan = try engine.must("snapshotter", "migrate", "--all", "--dry-run", way[0], way[1])
                #expect(plan.contains("container one: planned") && plan.hasSuffix("would move 1 image, 2 containers"))
                #expect(try engine.snapshots(way[1]).isEmpty)
                let said = try engine.must("snapshotter", "migrate", "--all", way[0], way[1])
                #expect(said.contains("image layers:latest: done"), "\(said)")
                #expect(said.contains(/moved 1 image, 2 containers \(.* copied\)$/), "\(said)")
                try settle(engine, way[0])
                for (name, was) in zip(["one", "two"], before) {
                    let now = try facts(engine, name)
                    #expect(now == was, "\(name)")
                    #expect(try engine.must("inspect", "-f", "{{.Driver}}", name) == way[1])
                }
                #expect(try engine.must("diff", "one") == changes)
                #expect(try engine.must("images", "--format", Self.image) == images)
                // Over a restart too, when nobody remembers anything.
                try engine.restart()
                #expect(try engine.must("images", "--format", Self.image) == images)
                try engine.must("start", "one")
                try engine.must("start", "two")
                try engine.must("wait", "one", "two")
                #expect(try engine.must("run", "--rm", "--snapshotter", way[1], "layers", "echo", "new") == "new")
                // And back; the second time there is nothing to do.
                #expect(
                    try engine.must("snapshotter", "migrate", "-q", "--all", way[1], way[0])
                        .hasPrefix("moved 1 image, 2 containers"))
                #expect(
                    try engine.must("snapshotter", "migrate", "--all", way[1], way[0]) == "moved 0 images, 0 containers"
                )
                try settle(engine, way[1])
            }
        }

        @Test(arguments: ways) func aContainerAloneTakesItsLayersAlong(_ way: [String]) throws {
            try engine(way) { (engine: Engine) throws in
                try makeContainer(engine, "one")
                let before = try facts(engine, "one")
                try engine.must("rmi", "-f", "layers")
                // The blobs are there as long as the container; without one of them, its layer is copied.
                let blobs = try engine.client().strings("digest", of: "content.list")
                let largest = try blobs.max { try engine.size($0) < engine.size($1) }
                try Path.unlink(engine.blob(try #require(largest)))
                let said = try engine.must("snapshotter", "migrate", "--container", "one", way[0], way[1])
                #expect(said.contains("copying: its blob is gone or damaged"), "\(said)")
                #expect(said.contains("moved 0 images, 1 container"), "\(said)")
                #expect(try facts(engine, "one") == before)
                try engine.must("start", "one")
                try engine.must("wait", "one")
                try engine.must("rm", "one")
                try settle(engine, way[0])
                try settle(engine, way[1])
            }
        }

        @Test func whatRunsIsLeft() throws {
            try engine(["overlayfs", "native"]) { (engine: Engine) throws in
                for name in ["runs", "paused"] {
                    try engine.must("run", "-d", "--name", name, "layers", "sleep", "1000")
                }
                try engine.must("pause", "paused")
                try engine.must("create", "--name", "rests", "layers", "true")
                let outcome = try engine.run(["snapshotter", "migrate", "--all", "overlayfs", "native"])
                #expect(outcome.status == 1)
                #expect(
                    outcome.text.contains("moved 1 image, 1 container") && outcome.text.contains("left 2: "),
                    "\(outcome.text)")
                #expect(outcome.text.contains("runs (running)") && outcome.text.contains("paused (paused)"))
                try engine.must("exec", "runs", "true")
                #expect(try engine.must("inspect", "-f", "{{.Driver}}", "runs") == "overlayfs")
                #expect(try engine.must("start", "-a", "rests") == "")
            }
        }

        @Test func whatCannotBe() throws {
            try engine(["overlayfs", "native"]) { (engine: Engine) throws in
                try engine.must("create", "--name", "there", "--snapshotter", "native", "layers", "true")
                let wrong: [([String], String)] = [
                    (["--all", "native", "native"], "the two are the same"),
                    (["--all", "nope", "native"], "no such snapshotter"),
                    (["--all", "overlayfs", "nope"], "no such snapshotter"),
                    (["overlayfs", "native"], "name what to move"),
                    (["--image", "nope", "overlayfs", "native"], "no such image"),
                    (["--container", "nope", "overlayfs", "native"], "no such container"),
                    (["--container", "there", "overlayfs", "native"], "is in 'native'"),
                    (["--all", "--image", "layers", "overlayfs", "native"], "not both"),
                ]
                for (options, words) in wrong {
                    let outcome = try engine.run(["snapshotter", "migrate"] + options)
                    #expect(
                        outcome.status == 1 && outcome.errorText.contains(words), "\(options): \(outcome.errorText)")
                }
                try engine.must("snapshotter", "migrate", "--image", "layers", "overlayfs", "native")
                let again = try engine.run(["snapshotter", "migrate", "--image", "layers", "overlayfs", "native"])
                #expect(again.errorText.contains("has no snapshots in 'overlayfs'"))
            }
        }

        /// Killed at each step: what was there is there, and the next call does the rest.
        @Test(arguments: FailurePoint.allCases.filter(\.isMigrations)) func theDaemonDies(_ point: FailurePoint) throws
        {
            try LoopFilesystem.withOrdinary { place in
                for way in Self.ways { try die(point, way, in: place) }
            }
        }

        private func die(_ point: FailurePoint, _ way: [String], in place: String?) throws {
            try engine(way, in: place) { (engine: Engine) throws in
                try makeContainer(engine, "one")
                let before = try facts(engine, "one")
                if [.migrateLayerPrepared, .migrateLayerCopied].contains(point) {
                    let blobs = try engine.client().strings("digest", of: "content.list")
                    let largest = try blobs.max { try engine.size($0) < engine.size($1) }
                    try Path.unlink(engine.blob(try #require(largest)))
                }
                try engine.stop()
                engine.daemonEnvironment = ["GANTRY_FAILURE_POINT=\(point.rawValue)@\(engine.scratch)/../reached"]
                try engine.start()
                let call = try engine.begin(["snapshotter", "migrate", "--all", way[0], way[1]])
                try waitUntil("the daemon has died") { engine.daemonHasEnded }
                let cut = try call.wait()
                #expect(cut.status != 0, "\(cut.text)")
                try engine.kill()
                engine.daemonEnvironment = []
                try engine.start()
                #expect(try facts(engine, "one") == before)
                #expect(try engine.must("run", "--rm", "layers", "echo", "well") == "well")
                try engine.must("snapshotter", "migrate", "--all", way[0], way[1])
                #expect(try facts(engine, "one") == before)
                #expect(try engine.must("inspect", "-f", "{{.Driver}}", "one") == way[1])
                try settle(engine, way[0])
                try? Path.unlink(engine.scratch + "/../reached")
            }
        }

        /// A client that leaves, a start meanwhile: one of the two wins, and nothing is in between.
        @Test func startsAndClientsThatLeave() throws {
            try engine(["overlayfs", "native"]) { (engine: Engine) throws in
                try makeContainer(engine, "one")
                let before = try facts(engine, "one")
                for milliseconds in [0, 50, 100, 200, 400, 800] as [Int64] {
                    let call = try engine.begin(["snapshotter", "migrate", "--all", "overlayfs", "native"])
                    Clock.sleep(milliseconds: milliseconds)
                    try? call.signal(Signals.kill)
                    _ = try call.wait()
                }
                // A call that was cut ends in its own time.
                try waitUntil("it is not being moved") {
                    try engine.run(["snapshotter", "migrate", "--all", "overlayfs", "native"]).status == 0
                }
                #expect(try facts(engine, "one") == before)
                #expect(try engine.must("inspect", "-f", "{{.Driver}}", "one") == "native")
                try engine.must("create", "--name", "two", "layers", "sh", "-c", "echo ran > /ran")
                let ways = [["overlayfs", "native"], ["native", "overlayfs"]]
                for round in 0..<6 {
                    let driver = try engine.must("inspect", "-f", "{{.Driver}}", "two")
                    let way = ways.first { $0[0] == driver }!
                    let call = try engine.begin(["snapshotter", "migrate", "--container", "two"] + way)
                    Clock.sleep(milliseconds: Int64(round * 60))
                    let start = try engine.run(["start", "-a", "two"])
                    let moved = try call.wait(seconds: 60)
                    #expect(start.status == 0 || start.errorText.contains("being moved"), "\(start.errorText)")
                    #expect(moved.status == 0 || moved.text.contains("left 1: two"), "\(moved.text)")
                    if start.status == 0 {
                        try engine.must("cp", "two:/ran", engine.scratch + "/ran")
                        try Path.unlink(engine.scratch + "/ran")
                    }
                }
            }
        }

        private static let noExt4 = LoopFilesystem.missing("ext4")

        /// No space, and a device that fails, whereupon the kernel lets nobody write: everything stays as it was.
        @Test(.enabled(if: noExt4 == nil, "\(Comment(rawValue: noExt4 ?? ""))"))
        func aSnapshotterThatIsFullOrBroken() throws {
            try LoopFilesystem.with("ext4", size: 4 << 20, options: "errors=remount-ro") { disk in
                try engine(["overlayfs", "native"]) { (engine: Engine) throws in
                    try makeContainer(engine, "one")
                    let before = try facts(engine, "one")
                    try engine.stop()
                    let place = engine.root + "/snapshots/native"
                    try Path.makeDirectories(place)
                    try Mounts.mount(disk.place, at: place, type: "", flags: [.bind])
                    defer { try? Mounts.unmount(place, detach: true) }
                    try engine.start()
                    let full = try engine.run(["snapshotter", "migrate", "--all", "overlayfs", "native"])
                    #expect(full.status == 1 && full.text.contains("no space left"), "\(full.text) \(full.errorText)")
                    #expect(try facts(engine, "one") == before)
                    try disk.fail()
                    let broken = try engine.run(["snapshotter", "migrate", "--all", "overlayfs", "native"])
                    #expect(
                        broken.status == 1 && broken.text.contains("read-only"), "\(broken.text) \(broken.errorText)")
                    #expect(try facts(engine, "one") == before)
                    try engine.must("start", "one")
                    try engine.must("wait", "one")
                    try engine.stop()
                }
            }
        }
    }
}

extension Engine {
    /// The whole id of a container.
    func id(_ name: String) throws -> String { try must("inspect", "-f", "{{.Id}}", name) }

    /// The names of all snapshots of a driver.
    func snapshots(_ driver: String) throws -> [String] {
        try client().strings("name", of: "snapshots.list", ["driver": .string(driver)])
    }

    /// Where a blob lies.
    func blob(_ digest: String) -> String {
        root + "/content/blobs/" + digest.split(separator: ":").joined(separator: "/")
    }

    /// Its size in bytes.
    func size(_ digest: String) throws -> Int64 { try FileStatus.of(blob(digest)).size }
}
