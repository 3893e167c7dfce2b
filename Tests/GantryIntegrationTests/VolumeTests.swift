import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Directories of the host, named volumes, and those that an image asks for.
    @Suite struct VolumeTests {
        @Test func directoriesAndFilesOfTheHost() throws {
            try withEngine { (engine: Engine) throws in
                let file = engine.scratch + "/file"
                try File.replace(file, with: Array("of the host\n".utf8), sync: false)
                #expect(
                    try engine.must("run", "--rm", "-v", "\(file):/in/side:ro", "busybox", "cat", "/in/side")
                        == "of the host")
                let made = engine.scratch + "/made/by/run"
                try engine.must("run", "--rm", "-v", "\(made):/made", "busybox", "sh", "-c", "echo x > /made/x")
                #expect(try File.contents(made + "/x") == Array("x\n".utf8))
                let refused = try engine.run(["run", "--rm", "-v", "\(made):/made:ro", "busybox", "touch", "/made/y"])
                #expect(refused.status == 1)
                #expect(refused.errorText.contains("Read-only"))
                for wrong in ["/only", ":/x", "/a:relative", "/a:/b:wrong"] where wrong != "/only" {
                    #expect(try engine.run(["run", "--rm", "-v", wrong, "busybox", "true"]).status == 125, "\(wrong)")
                }
                #expect(try engine.must("ps", "-aq") == "")
            }
        }

        @Test func namedVolumesOutliveTheirContainers() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "--rm", "-v", "kept:/data", "busybox", "sh", "-c", "echo word > /data/note")
                #expect(
                    try engine.must("run", "--rm", "-v", "kept:/other:ro", "busybox", "cat", "/other/note") == "word")
            }
        }

        @Test func whatTheImageAsksFor() throws {
            try withEngine { (engine: Engine) throws in
                try Machine.require(program: "skopeo")
                let dressed = try engine.shell(
                    """
                    set -e; cd '\(engine.scratch)'
                    skopeo copy -q 'oci-archive:\(Images.archive())' oci:layout:x
                    umoci config --image layout:x --config.volume /home --config.user 12:34 \
                        --config.workingdir /usr/share --config.env FROM=image --config.entrypoint sh \
                        --config.entrypoint -c --config.cmd 'id -u; id -g; pwd; echo $FROM' --config.stopsignal SIGUSR1
                    skopeo copy -q oci:layout:x oci-archive:dressed.tar:docker.io/library/dressed:latest
                    gantry load -i dressed.tar
                    """)
                #expect(dressed.text == "Loaded image: dressed:latest", "\(dressed.errorText)")
                let said = try engine.must("run", "--rm", "dressed")
                #expect(said.split(separator: "\n") == ["12", "34", "/usr/share", "image"])
                // The volume is a mount of its own that begins with what the image has there, and goes with --rm.
                let inside = try engine.must(
                    "run", "--rm", "-u", "0", "dressed", "grep -c ' /home ' /proc/mounts; ls -A /home")
                let plain = try engine.must("run", "--rm", "busybox", "ls", "-A", "/home")
                #expect(inside == "1\n" + plain)
                let volumes = ((try? Directory.list(engine.root + "/volumes/default")) ?? []).map(\.name)
                #expect(volumes == [])
                // Its stop signal is what `stop` sends.
                try engine.must(
                    "run", "-d", "--name", "stops", "dressed", "trap 'exit 21' USR1; while :; do sleep 0.05; done")
                Clock.sleep(milliseconds: 300)
                try engine.must("stop", "-t", "8", "stops")
                #expect(try engine.must("wait", "stops") == "21")
                #expect(
                    try engine.must("inspect", "-f", "{{json .Mounts}}", "stops").contains(#""Destination":"/home""#))
            }
        }
    }
}
