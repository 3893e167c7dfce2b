import GantryClient
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Images from Debian's registry, whoever made them, by every kind of name.
    @Suite struct PullTests {
        @Test(arguments: Images.busyboxes)
        func imagesOfEveryToolComeAndRun(_ recipe: Images.Recipe) throws {
            let image = try Shelf.image(recipe, as: "made/\(recipe.name.prefix { $0 != "." }):1")
            try withEngine([]) { (engine: Engine) throws in
                let lines = try engine.must("pull", image).split(separator: "\n").map(String.init)
                #expect(lines.first?.hasPrefix("1: Pulling from made/") == true)
                #expect(lines.contains { $0.hasSuffix(": Pull complete") })
                #expect(lines.suffix(2) == ["Status: Downloaded newer image for \(image)", image])
                #expect(try engine.must("run", "--rm", image, "echo", "hello") == "hello")
                let again = try engine.must("pull", image)
                #expect(again.contains(": Already exists") && again.contains("Image is up to date for \(image)"))
            }
        }

        @Test func byTagWithoutOneAndByDigest() throws {
            let image = try Shelf.image(Images.busybox, as: "plain:latest")
            let name = String(image.dropLast(":latest".count))
            try withEngine([]) { (engine: Engine) throws in
                let output = try engine.must("pull", name)
                #expect(output.hasPrefix("Using default tag: latest\nlatest: Pulling from plain\n"))
                let digest = try #require(
                    output.split(separator: "\n").first { $0.hasPrefix("Digest: ") }?.dropFirst("Digest: ".count))
                #expect(try engine.must("pull", "-q", "\(name):ignored@\(digest)") == "\(name)@\(digest)")
                #expect(
                    try engine.must("images", "--format", "{{.Repository}} {{.Tag}}").split(separator: "\n").sorted()
                        == ["\(name) <none>", "\(name) latest"])
                #expect(try engine.must("run", "--rm", "\(name)@\(digest)", "echo", "one") == "one")
                let other = digest.dropLast(4) + "0000"
                #expect(try engine.run(["pull", "\(name)@\(other)"]).errorText.contains("not found"))
            }
        }

        @Test func thirtyLayersAndSixHundredMegabytes() throws {
            let image = try Shelf.image(Images.large, as: "large:1")
            try withEngine([]) { (engine: Engine) throws in
                let lines = try engine.must("pull", image).split(separator: "\n")
                #expect(lines.count { $0.hasSuffix(": Pull complete") } == 30)
                let script = "cat /data/top; ls /data | grep -c large; cat /data/large-* | wc -c; ls /data/dir-2"
                let said = try engine.must("run", "--rm", image, "sh", "-c", script).split(separator: "\n")
                #expect(said.prefix(3) == ["29", "29", "\(29 * 20 << 20)"])
                #expect(!said.contains("file-0") && said.contains("file-9"))
                #expect(try engine.must("rmi", image).contains("Untagged: \(image)"))
                try waitUntil("nothing is left") { () throws in try engine.isEmptyOfContent() }
                // What is gone comes again.
                #expect(try engine.must("pull", "-q", image) == image)
                #expect(try engine.must("run", "--rm", image, "cat", "/data/top") == "29")
            }
        }

        @Test func aTerminalShowsALineALayer() throws {
            _ = try Shelf.image(Images.medium, as: "medium:1")
            let network = try TestNetwork(to: try Shelf.address())
            try withEngine([]) { (engine: Engine) throws in
                try network.hold(30 << 20)
                let terminal = try engine.onTerminal(
                    "pull", "\(network.address)/medium:1", rows: 30, columns: 100)
                // A bar and the bytes of one that comes; others have come, or wait.
                let moving = try terminal.waitForScreen { screen in
                    screen.contains { $0.contains(": Downloading [=") && $0.hasSuffix("MB") }
                        && screen.contains { $0.hasSuffix(": Pull complete") }
                        && screen.contains { $0.hasSuffix(": Waiting") }
                }
                #expect(moving.count { $0.dropFirst(12).hasPrefix(": ") } == 11, "\(moving)")
                // And its speed, while bytes come.
                for _ in 0..<10 {
                    try network.hold(300 << 10)
                    Clock.sleep(milliseconds: 120)
                }
                try terminal.waitFor("B/s")
                try network.release()
                #expect(try terminal.wait(seconds: 60) == 0)
                let done = try terminal.waitForScreen { $0.contains { $0.hasPrefix("Status: Downloaded") } }
                #expect(done.count { $0.hasSuffix(": Pull complete") } == 11, "\(done)")
            }
        }

        @Test func thePlatformThatWasAskedFor() throws {
            let native = try Shelf.image(Images.busybox, as: "platforms:native")
            let name = String(native.dropLast(":native".count))
            let address = try Shelf.address()
            try withEngine([]) { (engine: Engine) throws in
                // An image for another machine, and an index over both.
                let script = """
                    set -e; cd '\(engine.scratch)'
                    skopeo copy -q --src-tls-verify=false docker://\(native) oci:both:native
                    cp -r both other
                    umoci config --image other:native --architecture arm64 --config.label far=away
                    skopeo copy -q --dest-tls-verify=false oci:other:native docker://\(name):far
                    for tag in native far; do
                        skopeo inspect --raw --tls-verify=false docker://\(name):$tag > $tag.json
                        curl -s http://\(address)/v2/platforms/manifests/$tag -o /dev/null
                    done
                    python3 - <<'PYTHON'
                    import hashlib, json, urllib.request
                    entries = []
                    for tag, arch in [("far", "arm64"), ("native", "amd64")]:
                        data = open(tag + ".json", "rb").read()
                        entries.append({"mediaType": json.loads(data).get("mediaType",
                                "application/vnd.oci.image.manifest.v1+json"), "size": len(data),
                            "digest": "sha256:" + hashlib.sha256(data).hexdigest(),
                            "platform": {"os": "linux", "architecture": arch}})
                    kind = "application/vnd.oci.image.index.v1+json"
                    body = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).encode()
                    request = urllib.request.Request("http://\(address)/v2/platforms/manifests/latest", body,
                        {"Content-Type": kind}, method="PUT")
                    urllib.request.urlopen(request)
                    PYTHON
                    """
                let made = try engine.shell(script)
                try #require(made.status == 0, "\(made.errorText)")
                try engine.must("pull", "-q", "--platform", "linux/arm64", name)
                #expect(try engine.must("inspect", "-f", "{{.Architecture}}", name) == "arm64")
                try engine.must("pull", "-q", name)
                #expect(try engine.must("inspect", "-f", "{{.Architecture}}", name) == "amd64")
                #expect(try engine.must("run", "--rm", "--platform", "amd64", name, "echo", "near") == "near")
                let far = try engine.must("create", "--platform", "linux/arm64", name)
                #expect(try engine.must("inspect", "-f", "{{.Config.Labels.far}}", far) == "away")
                try engine.must("rm", far)
                let none = try engine.run(["pull", "--platform", "linux/s390x", name])
                #expect(none.status == 1)
                #expect(none.errorText.contains("no image for linux/s390x; there are linux/arm64, linux/amd64"))
                #expect(try engine.run(["pull", "--platform", "a/b/c/d", name]).errorText.contains("parse platform"))
            }
        }

        @Test func whatARegistryDoesNotHave() throws {
            let address = try Shelf.address()
            try withEngine([]) { (engine: Engine) throws in
                for (arguments, sentence) in [
                    (["pull", "\(address)/no/such:image"], "not found"),
                    (["pull", "127.0.0.1:1/x"], "cannot connect"), (["pull", "Upper"], "lower case"),
                ] {
                    let outcome = try engine.run(arguments)
                    #expect(outcome.status == 1 && outcome.errorText.contains(sentence), "\(outcome.errorText)")
                }
                #expect(try engine.must("images", "-q") == "")
                #expect(try engine.client().strings("id", of: "leases.list") == [])
            }
        }
    }
}
