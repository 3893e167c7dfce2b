import GantrySystem
import Testing

extension Integration {
    /// `gantry cp` and `gantry diff`: of containers that run and that do not, judged by the tools of the machine.
    @Suite struct CopyTests {
        static let drivers = ["overlayfs", "native"]

        /// A tree of every kind that has a name, in `from` below the engine's scratch directory.
        private func tree(_ engine: Engine) throws -> String {
            let place = engine.scratch + "/from"
            try Path.makeDirectory(place)
            _ = try engine.shell(
                """
                cd \(place) && mkdir -p d/deep && echo a > d/a && ln d/a d/hard && ln -s a d/soft && ln -s /etc/passwd d/out \
                && mkfifo d/pipe && chown 12:34 d/a && chmod 4751 d/a && touch -d '2001-02-03 04:05:06.7' d/a \
                && head -c 3000000 /dev/urandom > d/deep/big && : > d/empty && chmod 700 d/deep && echo single > single
                """)
            return place
        }

        private static let facts = "stat -c '%n %F %a %u:%g %Y' a hard soft out pipe empty deep && readlink soft out"

        @Test(arguments: drivers) func whatGoesInComesOut(_ driver: String) throws {
            try withEngine([Images.busybox], configuration: "snapshotter = \"\(driver)\"\n") {
                (engine: Engine) throws in
                let from = try tree(engine)
                defer { for name in ["from", "to"] { try? Directory.removeTree(engine.scratch + "/" + name) } }
                try engine.must("run", "-d", "--name", "runs", "-v", "/vol", "busybox", "sleep", "1000")
                try engine.must("create", "--name", "rests", "-v", "/vol", "busybox", "sleep", "1000")
                for container in ["runs", "rests"] {
                    let to = engine.scratch + "/to"
                    try Path.makeDirectory(to)
                    for place in ["/srv", "/vol"] {
                        let made = place == "/srv" ? "/srv" : "/vol/d"
                        try engine.must("cp", "-a", from + "/d", "\(container):\(place)")
                        try engine.must("cp", "-a", "\(container):\(made)", to + place)
                        let (was, isNow) = try (
                            engine.shell("cd \(from)/d && \(Self.facts) && sha256sum deep/big").text,
                            engine.shell("cd \(to)\(place) && \(Self.facts) && sha256sum deep/big").text
                        )
                        #expect(was == isNow, "\(container) \(place)")
                        #expect(try engine.shell("stat -c %h \(to)\(place)/a").text == "2", "a hard link stays one")
                    }
                    try Directory.removeTree(to)
                }
                #expect(try engine.must("exec", "runs", "cat", "/vol/d/hard") == "a")
                // Owners: without -a root's inside, and whoever copies outside; bits that stand for them go.
                try engine.must("cp", from + "/d/a", "runs:/plain")
                let plain = try engine.must("exec", "runs", "stat", "-c", "%u:%g %a", "/plain")
                #expect(plain == "0:0 4751")
                try engine.must("cp", "runs:/srv/a", from + "/back")
                #expect(try engine.shell("stat -c '%u:%g %a' \(from)/back").text == "0:0 751")
            }
        }

        /// docker's rules of names, for what is there and what is not.
        @Test func namesAreDocker() throws {
            try withEngine { (engine: Engine) throws in
                let from = try tree(engine)
                defer { try? Directory.removeTree(from) }
                try engine.must("create", "--name", "box", "busybox", "sleep", "1000")
                func list(_ path: String) throws -> [String] {
                    try engine.shell("gantry cp box:\(path) - | tar -t | sort").lines
                }
                // Into: a directory that is there, one that is not, what is in a directory, another name, a file over a file.
                try engine.must("cp", from + "/single", "box:/tmp")
                try engine.must("cp", from + "/single", "box:/tmp/other")
                try engine.must("cp", from + "/d/deep", "box:/tmp/")
                try engine.must("cp", from + "/d/deep", "box:/tmp/new")
                try engine.must("cp", from + "/d/deep/.", "box:/tmp/contents")
                try engine.must("cp", from + "/d/empty", "box:/tmp/single")
                try engine.must("cp", "-L", from + "/d/soft", "box:tmp/followed")
                #expect(
                    try list("/tmp") == [
                        "tmp/", "tmp/contents/", "tmp/contents/big", "tmp/deep/", "tmp/deep/big", "tmp/followed",
                        "tmp/new/",
                        "tmp/new/big", "tmp/other", "tmp/single",
                    ])
                #expect(try engine.shell("gantry cp box:/tmp/single - | tar -xO | wc -c").text == "0")
                #expect(try list("/tmp/deep/.") == ["./", "./big"])
                // Out, by the same rules.
                let to = from + "/to"
                try Path.makeDirectory(to)
                try engine.must("cp", "box:/tmp/other", to)
                try engine.must("cp", "box:/tmp/other", to + "/renamed")
                try engine.must("cp", "box:/tmp/deep", to)
                try engine.must("cp", "box:/tmp/deep/.", to + "/contents")
                try engine.must("cp", "box:/tmp/deep/.", to)
                #expect(
                    try engine.shell("cd \(to) && find . | sort").lines == [
                        ".", "./big", "./contents", "./contents/big", "./deep", "./deep/big", "./other", "./renamed",
                    ])
                // Archives, plain and compressed.
                _ = try engine.shell("tar -C \(from) -cz d/empty | gantry cp - box:/tmp/new")
                #expect(try list("/tmp/new") == ["new/", "new/big", "new/d/", "new/d/empty"])
                // What cannot be said so, and says why.
                func refusal(_ arguments: String...) throws -> String {
                    let outcome = try engine.run(["cp"] + arguments)
                    #expect(outcome.status == 1, "\(arguments)")
                    return outcome.errorText
                }
                #expect(try refusal(from + "/d", "box:/tmp/other").contains("is a file in the container"))
                #expect(try refusal("box:/tmp", to + "/other").contains("is a file"))
                #expect(try refusal(from + "/no", "box:/tmp").contains("no such file or directory"))
                #expect(try refusal("box:/no", to).contains("'/no': no such file or directory"))
                #expect(try refusal(from + "/single", "box:/no/where/").contains("'/no/where/' does not exist"))
                #expect(try refusal(from + "/single", "box:/no/where").contains("no such file or directory"))
                #expect(try refusal("box:/tmp/other", to + "/none/").contains("does not exist"))
                #expect(try refusal(from + "/single", "box:/tmp/other/").contains("not a directory"))
                #expect(try refusal("box:/tmp/other", "/dev/null").contains("no regular file"))
                #expect(try refusal(from, to).contains("CONTAINER:PATH"))
                #expect(try refusal("box:/tmp", "box:/srv").contains("both sides"))
                #expect(try refusal("nobody:/tmp", to).contains("no such container"))
                let broken = try engine.shell("echo garbage | gantry cp - box:/tmp; true")
                #expect(broken.errorText.contains("archive ends inside a header"))
                #expect(
                    try engine.shell("tar -C \(from) -c d | gantry cp - box:/tmp/other; true").errorText.contains(
                        "not a directory"))
                // A directory never takes the place of a file below the destination either, nor a file that of one.
                _ = try engine.shell("cd \(from) && mkdir -p x/other && tar -C x -c other | gantry cp - box:/tmp; true")
                #expect(try engine.shell("gantry cp box:/tmp/other - | tar -xO").text == "single")
            }
        }

        /// Links of a container that lead out of it, followed by the kernel inside.
        @Test func nothingLeadsOut() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "trap", "busybox", "sh", "-c",
                    "ln -s / /top; ln -s ../../../../../../../etc /up; ln -s /proc/1/root /magic; ln -s loop /loop; ln -s \(engine.scratch) /out; echo inside > /etc/mark; sleep 1000"
                )
                _ = try engine.shell("until gantry exec trap test -e /etc/mark; do sleep 0.1; done")
                let mark = engine.scratch + "/mark"
                _ = try engine.shell("echo outside > \(mark)")
                defer { try? Path.unlink(mark) }
                for rests in [false, true] {
                    if rests { try engine.must("stop", "-t", "0", "trap") }
                    for path in ["/top/etc/mark", "/up/mark", "/top/top/up/../etc/mark"] {
                        #expect(try engine.shell("gantry cp -L trap:\(path) - | tar -xO").text == "inside", "\(path)")
                    }
                    for path in ["/magic/etc/mark", "/loop", "/out/mark"] {
                        #expect(try engine.run(["cp", "-L", "trap:\(path)", "-"]).status == 1, "\(path)")
                    }
                    try engine.must("cp", mark, "trap:/up/written")
                    #expect(!Path.exists("/etc/written"))
                    #expect(try engine.shell("gantry cp trap:/etc/written - | tar -xO").text == "outside")
                    // An archive with a link out and a file through it.
                    _ = try engine.shell(
                        "cd \(engine.scratch) && mkdir -p t/esc && ln -sfn / t/l && tar -C t -c l > t.tar && rm t/l && mkdir t/l && cp mark t/l/pwned && tar -C t -rf t.tar l/pwned && gantry cp - trap:/tmp < t.tar; rm -rf t t.tar"
                    )
                    #expect(!Path.exists("/pwned"))
                }
                // The other way round: a container's archive stays below where it is written to.
                try engine.must("start", "trap")
                try engine.must("exec", "trap", "sh", "-c", "mkdir -p /ev/d && ln -s /etc /ev/d/link")
                let here = engine.scratch + "/here"
                try Path.makeDirectory(here)
                defer { try? Directory.removeTree(here) }
                try engine.must("cp", "trap:/ev", here)
                #expect(try Path.readLink(here + "/ev/d/link") == "/etc")
                // Mounted files are written through, and what is read-only stays as it is.
                try engine.must("cp", mark, "trap:/etc/hosts")
                #expect(try engine.must("exec", "trap", "cat", "/etc/hosts") == "outside")
                try engine.must("create", "--read-only", "--name", "fixed", "-v", "/data", "busybox", "true")
                #expect(try engine.run(["cp", mark, "fixed:/etc/mark"]).errorText.contains("read-only"))
                try engine.must("cp", mark, "fixed:/data/mark")
            }
        }

        @Test(arguments: drivers) func diffTellsWhatChanged(_ driver: String) throws {
            try withEngine([Images.busybox], configuration: "snapshotter = \"\(driver)\"\n") {
                (engine: Engine) throws in
                let script = """
                    echo x > /etc/passwd; rm /etc/group; mkdir -p /new/deep; echo y > /new/deep/file; rm -rf /tmp; mkdir /tmp; \
                    chmod 711 /bin; echo z > /vol/unseen; mkdir /mnt-is-kept; ln -sfn /x /link
                    """
                try engine.must("run", "--name", "box", "-v", "/vol", "-v", "/deep/vol", "busybox", "sh", "-c", script)
                let lines = try engine.must("diff", "box").split(separator: "\n").map(String.init)
                let (etc, rest) = (lines.filter { $0.contains(" /etc") }, lines.filter { !$0.contains(" /etc") })
                #expect(etc == ["C /etc", "D /etc/group", "C /etc/passwd"], "\(etc)")
                #expect(
                    rest.filter { !$0.hasSuffix(" /tmp") } == [
                        "C /bin", "A /link", "A /mnt-is-kept", "A /new", "A /new/deep", "A /new/deep/file",
                    ], "\(rest)")
                try engine.must("create", "--name", "fresh", "busybox", "true")
                #expect(try engine.must("diff", "fresh").isEmpty)
                try engine.must("run", "--name", "idle", "-v", "/a/b/c", "busybox", "true")
                #expect(try engine.must("diff", "idle").isEmpty, "places to mount on are nobody's change")
                try engine.must("run", "-d", "--name", "runs", "busybox", "sh", "-c", "touch /made; sleep 1000")
                _ = try engine.shell("until gantry diff runs | grep -q made; do sleep 0.1; done")
                #expect(try engine.run(["diff", "nobody"]).status == 1)
            }
        }
    }
}
