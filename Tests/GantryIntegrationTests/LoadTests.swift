import GantryClient
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Ways into the image store, the names in it, and the way out.
    @Suite struct LoadTests {
        @Test(arguments: ["gzip", "zstd"])
        func wholeArchiveMayBeCompressed(_ program: String) throws {
            try withEngine([]) { (engine: Engine) throws in
                let archive = try Images.archive(Images.busyboxes[1])
                let loaded = try engine.shell("\(program) -c '\(archive)' | gantry load")
                #expect(loaded.text == "Loaded image: busybox:latest", "\(loaded.errorText)")
                #expect(try engine.must("run", "--rm", "busybox", "echo", program) == program)
            }
        }

        @Test func otherCompressionsAreToldByName() throws {
            try withEngine([]) { (engine: Engine) throws in
                let archive = try Images.archive(Images.busyboxes[1])
                let loaded = try engine.shell("set -o pipefail; xz -0 -c '\(archive)' | gantry load")
                #expect(loaded.errorText.contains("xz is not supported"), "\(loaded.errorText)")
                #expect(loaded.status == 1)
                #expect(try engine.must("images", "-q") == "")
            }
        }

        @Test func loadReadsAFileOrStandardInput() throws {
            try withEngine([]) { (engine: Engine) throws in
                let archive = try Images.archive()
                #expect(try engine.must("load", "--input", archive) == "Loaded image: busybox:latest")
                let id = try engine.must("images", "-q")
                // The same by the other way is the same image.
                let again = try engine.must("load", input: .bytes(try File.contents(archive)))
                #expect(again == "Loaded image: busybox:latest")
                #expect(try engine.must("images", "-q") == id)
                let missing = try engine.run(["load", "-i", engine.scratch + "/none.tar"])
                #expect(missing.status == 1)
                #expect(missing.errorText.contains("none.tar"))
            }
        }

        @Test func namesAreDockers() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("tag", "busybox", "registry.example:5000/team/tool:1.0")
                try engine.must("tag", "docker.io/library/busybox:latest", "other")
                let names = try engine.must("images", "--format", "{{.Repository}}:{{.Tag}}").split(separator: "\n")
                #expect(
                    names.sorted() == ["busybox:latest", "other:latest", "registry.example:5000/team/tool:1.0"])
                let ids = try Set(engine.must("images", "-q", "--no-trunc").split(separator: "\n"))
                #expect(ids.count == 1)
                let id = try #require(ids.first)
                #expect(id.hasPrefix("sha256:"))
                #expect(try engine.must("inspect", "-f", "{{.Id}}", "other") == id)
                for name in [String(id), String(id.dropFirst(7).prefix(12)), "index.docker.io/library/busybox"] {
                    #expect(try engine.must("run", "--rm", name, "echo", "it") == "it")
                }
                let bad = try engine.run(["tag", "busybox", "UPPER"])
                #expect(bad.status == 1)
                #expect(bad.errorText.contains("UPPER"))
            }
        }

        @Test func removingANameAndAnImage() throws {
            try withEngine { (engine: Engine) throws in
                let id = try engine.must("images", "-q", "--no-trunc")
                try engine.must("tag", "busybox", "second:one")
                #expect(try engine.must("rmi", "second:one") == "Untagged: second:one")
                #expect(try engine.must("images", "-q", "--no-trunc") == id)
                // By id all its names go, so that `rmi $(images -q)` empties the store.
                try engine.must("tag", "busybox", "second:one")
                let removed = try engine.must("rmi", id)
                #expect(removed.contains("Untagged: second:one"))
                #expect(removed.contains("Untagged: busybox:latest"))
                #expect(removed.contains("Deleted: \(id)"))
                let missing = try engine.run(["rmi", "busybox"])
                #expect(missing.status == 1)
                #expect(missing.errorText.contains("busybox"))
                try waitUntil("blobs and snapshots are collected") { () throws in try engine.isEmptyOfContent() }
            }
        }

        @Test func aContainerKeepsItsImage() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("create", "--name", "user", "busybox", "echo", "still")
                let refused = try engine.run(["rmi", "busybox"])
                #expect(refused.status == 1)
                #expect(refused.errorText.contains("container"))
                #expect(try engine.must("start", "-a", "user") == "still")
                try engine.must("rm", "user")
                try engine.must("rmi", "busybox")
                try waitUntil("blobs and snapshots are collected") { () throws in try engine.isEmptyOfContent() }
            }
        }

        @Test func layersLookAsIfUnpackedInOrder() throws {
            try withEngine([Images.layers]) { (engine: Engine) throws in
                let script = "cat /data/top; ls /data/shared | sort -t- -k2n; ls -d /data/dir-*/file-0 | wc -l"
                let here = try engine.must("run", "--rm", "layers", "sh", "-c", script)
                let other = try engine.shell(
                    """
                    set -e; cd '\(engine.scratch)'
                    skopeo copy -q 'oci-archive:\(Images.archive(Images.layers))' oci:layout:x
                    umoci unpack --image layout:x bundle >/dev/null 2>&1
                    chroot bundle/rootfs sh -c '\(script)'
                    """)
                #expect(other.status == 0, "\(other.errorText)")
                #expect(here == other.text)
                #expect(here.hasPrefix("11\n"))
            }
        }
    }
}
