import GantryClient
import GantrySystem
import GantryWire
import RegistryFixture
import Testing

extension Integration {
    /// `run` and `create` of what is not here yet.
    @Suite struct PullRunTests {
        @Test func whatIsMissingIsPulled() throws {
            let image = try Shelf.image(Images.busybox, as: "run:1")
            try withEngine([]) { (engine: Engine) throws in
                let first = try engine.run(["run", "--rm", image, "echo", "hello"])
                #expect(first.status == 0 && first.text == "hello")
                let said = first.errorText.split(separator: "\n")
                #expect(said.first == "Unable to find image '\(image)' locally")
                #expect(said.last == "Status: Downloaded newer image for \(image)")
                #expect(try engine.must("run", "--rm", image, "echo", "again") == "again")
                let quiet = try engine.run(["run", "--rm", "-q", "--pull", "always", image, "echo", "quiet"])
                #expect(quiet.text == "quiet" && quiet.errorText == "")
                // Docker's exit status of a `run` that never ran.
                let never = try engine.run(["run", "--rm", "--pull=never", "127.0.0.1:1/none", "true"])
                #expect(never.status == 125 && never.errorText.contains("no such image"))
                let gone = try engine.run(["run", "--rm", "127.0.0.1:1/none", "true"])
                #expect(gone.status == 125 && gone.errorText.contains("locally\nError: pull"), "\(gone.errorText)")
                #expect(try engine.run(["create", "127.0.0.1:1/none"]).status == 1)
            }
        }

        @Test func alwaysFollowsATagThatHasMoved() throws {
            let registry = try RegistryServer()
            let (old, new) = (try Images.archive(Images.layers), try Images.archive(Images.busybox))
            try registry.push("oci-archive:\(old)", as: "moving:1")
            let image = registry.address + "/moving:1"
            try withEngine([]) { (engine: Engine) throws in
                let look = ["run", "--rm", image, "sh", "-c", "test -e /data && echo old || echo new"]
                #expect(try engine.run(look).text == "old")
                try registry.push("oci-archive:\(new)", as: "moving:1")
                #expect(try engine.must("run", "--rm", image, "sh", "-c", "test -e /data && echo old") == "old")
                #expect(try engine.run(["run", "--pull", "always"] + look.dropFirst()).text == "new")
                // The image that had the name stays without one, as with docker.
                #expect(
                    try engine.must("images", "--format", "{{.Tag}}").split(separator: "\n").sorted() == [
                        "1", "<none>",
                    ])
            }
        }

        @Test func severalAtOnceShareOnePull() throws {
            let image = try Shelf.image(Images.layers, as: "crowd:1")
            let name = image.split(separator: "/")[1]
            let proxy = try Proxy(to: try Shelf.address())
            try withEngine([]) { (engine: Engine) throws in
                let alone = try proxy.count().served
                let clients = try (0..<8).map { index in
                    try engine.begin(["run", "--rm", "\(proxy.address)/\(name)", "echo", "\(index)"])
                }
                for (index, client) in clients.enumerated() {
                    let outcome = try client.wait()
                    #expect(outcome.status == 0 && outcome.text == "\(index)", "\(outcome.errorText)")
                }
                let crowd = try proxy.count().served - alone
                try engine.must("rmi", "\(proxy.address)/\(name)")
                try waitUntil("nothing is left") { () throws in try engine.isEmptyOfContent() }
                try engine.must("pull", "-q", "\(proxy.address)/\(name)")
                let single = try proxy.count().served - alone - crowd
                // Each asks for the manifest; the layers come once.
                #expect(crowd < single + 8 * 8192, "\(crowd) bytes for eight, \(single) for one")
            }
        }
    }
}
