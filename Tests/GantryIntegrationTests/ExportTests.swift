import GantrySystem
import Testing

extension Integration {
    /// `gantry export`, judged by GNU tar.
    @Suite struct ExportTests {
        @Test func everythingIsInIt() throws {
            try withEngine { (engine: Engine) throws in
                let long = String(repeating: "long-name-", count: 20)
                let script = """
                    mkdir -p /x/deep/\(long) && cd /x && echo data > file && ln file hard && ln -s ../x/file soft && mkfifo pipe \
                    && chown 12:3000000 file && chmod 4751 file && touch -d '2001-02-03 04:05:06' deep && : > empty \
                    && head -c 700000 /dev/urandom > big && echo \(long) > deep/\(long)/\(long) && rm /bin/vi \
                    && mknod device c 1 3 && head -c 300 big > /v/inside; sha256sum big > sum
                    """
                try engine.must("run", "--name", "full", "-v", "/v", "busybox", "sh", "-c", script)
                let tree = engine.scratch + "/tree"
                try Path.makeDirectory(tree)
                defer { try? Directory.removeTree(tree) }
                func unpack() throws -> [String] {
                    try engine.shell(
                        "cd \(tree) && rm -rf ./* && gantry export full | tar -xp --same-owner && find . | sort"
                    ).lines
                }
                let names = try unpack()
                #expect(names.contains("./x/deep/\(long)/\(long)"))
                #expect(names.contains("./bin/sh") && !names.contains("./bin/vi"))
                #expect(!names.contains("./v/inside"), "a volume's files are not the container's")
                let facts = try engine.shell(
                    "cd \(tree)/x && stat -c '%n %F %a %u:%g %h' file hard pipe empty device && readlink soft && stat -c %Y deep && sha256sum -c sum && cat hard && cat deep/*/*"
                ).lines
                #expect(
                    facts == [
                        "file regular file 4751 12:3000000 2", "hard regular file 4751 12:3000000 2",
                        "pipe fifo 644 0:0 1",
                        "empty regular empty file 644 0:0 1", "device character special file 644 0:0 1", "../x/file",
                        "981173106", "big: OK", "data", long,
                    ], "\(facts)")
                // While it runs the same, and equal trees make equal archives.
                try engine.must("create", "--name", "other", "busybox", "sleep", "1000")
                let before = try engine.shell("gantry export other | sha256sum").text
                #expect(try engine.shell("gantry export other | sha256sum").text == before)
                try engine.must("export", "-o", engine.scratch + "/out.tar", "full")
                defer { try? Path.unlink(engine.scratch + "/out.tar") }
                #expect(try engine.shell("tar -tf \(engine.scratch)/out.tar | wc -l").text == "\(names.count - 1)")
                try engine.must("run", "-d", "--name", "runs", "busybox", "sleep", "1000")
                #expect(try engine.shell("gantry export runs | tar -t | grep -c '^bin/sh$'").text == "1")
                let nobody = try engine.run(["export", "-o", engine.scratch + "/no.tar", "nobody"])
                #expect(nobody.status == 1)
                #expect(!Path.exists(engine.scratch + "/no.tar"))
                // A reader that leaves ends it.
                _ = try engine.shell("gantry export full | head -c 1000 > /dev/null")
            }
        }
    }
}
