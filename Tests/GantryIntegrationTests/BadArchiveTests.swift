import GantrySystem
import Testing

extension Integration {
    /// Archives that no tool should have made: refused with a reason, and nothing of them stays.
    @Suite struct BadArchiveTests {
        /// Makes an OCI archive from layer tars that this Python builds, and loads it.
        private func load(_ engine: Engine, _ layer: String, after: String = "") throws -> Program.Outcome {
            let script = """
                import hashlib, io, json, os, tarfile
                def blob(data):
                    digest = hashlib.sha256(data).hexdigest()
                    blobs[digest] = data
                    return {"digest": "sha256:" + digest, "size": len(data)}
                blobs = {}
                buffer = io.BytesIO()
                layer = tarfile.open(fileobj=buffer, mode="w")
                def add(name, type=tarfile.REGTYPE, link="", data=b"", **more):
                    info = tarfile.TarInfo(name)
                    info.type, info.linkname, info.size = type, link, len(data)
                    for key, value in more.items(): setattr(info, key, value)
                    layer.addfile(info, io.BytesIO(data))
                \(layer)
                layer.close()
                data = buffer.getvalue()
                config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["sh"]},
                    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(data).hexdigest()]}}).encode()
                manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(config)},
                    "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **blob(data)}]}
                manifest = json.dumps(manifest).encode()
                index = {"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json",
                    **blob(manifest), "annotations": {"org.opencontainers.image.ref.name": "bad:latest"}}]}
                files = {"blobs/sha256/" + name: data for name, data in blobs.items()}
                files["index.json"] = json.dumps(index).encode()
                files["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
                \(after)
                with tarfile.open("\(engine.scratch)/bad.tar", "w") as out:
                    for name, data in files.items():
                        info = tarfile.TarInfo(name)
                        info.size = len(data)
                        out.addfile(info, io.BytesIO(data))
                """
            try File.replace(engine.scratch + "/make.py", with: Array(script.utf8), sync: false)
            let made = try engine.shell("python3 -B '\(engine.scratch)/make.py'")
            #expect(made.errorText == "")
            return try engine.run(["load", "-i", engine.scratch + "/bad.tar"])
        }

        private func refused(_ engine: Engine, _ layer: String, after: String = "", because reason: String) throws {
            let outcome = try load(engine, layer, after: after)
            #expect(outcome.status == 1)
            #expect(outcome.errorText.contains(reason), "\(outcome.errorText)")
            #expect(try engine.must("images", "-q") == "")
            try waitUntil("nothing of the archive stays") { () throws in try engine.isEmptyOfContent() }
        }

        @Test func layersThatLeaveTheirRoot() throws {
            try withEngine([]) { (engine: Engine) throws in
                let outside = engine.scratch + "/outside"
                try Path.makeDirectories(outside)
                try refused(engine, "add('../../../../../../../../\(outside)/x', data=b'x')", because: "..")
                // Links that lead out are kept as links, and resolved inside the root only: the file lands below it.
                let linked = try load(
                    engine, "add('out', tarfile.SYMTYPE, '\(outside)'); add('out/x', data=b'x')")
                if linked.status == 0 { try engine.must("rmi", "bad") }
                try refused(
                    engine, "add('hard', tarfile.LNKTYPE, '../../../../../../etc/passwd')", because: "..")
                #expect(try Directory.list(outside).isEmpty)
            }
        }

        @Test func documentsThatAreNone() throws {
            try withEngine([]) { (engine: Engine) throws in
                try refused(engine, "add('a', data=b'a')", after: "files['index.json'] = b'{'", because: "not JSON")
                try refused(
                    engine, "add('a', data=b'a')",
                    after: "files = {k: v for k, v in files.items() if not k.startswith('blobs')}", because: "lacks")
                try refused(
                    engine, "add('a', data=b'a')",
                    after: "files = {k: (v + b' ' if k.startswith('blobs') else v) for k, v in files.items()}",
                    because: "sha256:")
                try refused(
                    engine, "add('a', data=b'a')", after: "files = {'x': b'y'}", because: "neither an OCI layout")
            }
        }

        @Test func archivesThatEndTooSoon() throws {
            try withEngine([]) { (engine: Engine) throws in
                let archive = try Images.archive()
                let outcome = try engine.shell("head -c 500000 '\(archive)' | gantry load")
                #expect(outcome.status == 1)
                #expect(outcome.errorText != "")
                #expect(try engine.must("images", "-q") == "")
                #expect(try engine.shell("head -c 100 /dev/urandom | gantry load").status == 1)
                #expect(try engine.shell("gantry load < /dev/null").status == 1)
                try waitUntil("nothing of the archive stays") { () throws in try engine.isEmptyOfContent() }
            }
        }

        @Test func layersBeyondTheLimit() throws {
            try withEngine([], configuration: "[limits]\nlayer_size = 100000\n") { (engine: Engine) throws in
                try refused(engine, "add('big', data=bytes(200000))", because: "100000")
                #expect(try load(engine, "add('small', data=bytes(1000))").status == 0)
                try engine.must("rmi", "bad")
            }
        }

        @Test func noSpaceLeft() throws {
            let disk = "/tmp/gantry-small-\(Processes.current)"
            try Path.makeDirectories(disk)
            try Mounts.mount("tmpfs", at: disk, type: "tmpfs", options: "size=12m")
            defer {
                try? Mounts.unmount(disk)
                try? Path.removeDirectory(disk)
            }
            try withEngine([], configuration: "snapshotter = \"native\"\n", arguments: ["--root", disk + "/root"]) {
                engine in
                let outcome = try load(engine, "add('big', data=os.urandom(20 << 20))")
                #expect(outcome.status == 1)
                #expect(outcome.errorText.contains("no space left on device"), "\(outcome.errorText)")
                // The daemon is well: what fits is loaded and runs.
                try waitUntil("the space is free again") { try FilesystemStatus.of(disk).availableBytes > 8 << 20 }
                #expect(try load(engine, "add('small', data=b'x')").status == 0)
                try engine.must("rmi", "bad")
            }
        }
    }
}
