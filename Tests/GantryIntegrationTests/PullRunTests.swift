import GantryClient
import GantryModel
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

        @Test func whoIsLoggedInMayPull() throws {
            let registry = try RegistryServer(access: .basic)
            try registry.push("oci-archive:\(Images.archive())", as: "private:1")
            let image = registry.address + "/private:1"
            try withEngine([]) { (engine: Engine) throws in
                let settings = ["DOCKER_CONFIG=\(engine.scratch)"]
                let stranger = try engine.run(["pull", image], extra: settings)
                #expect(stranger.status == 1 && stranger.errorText.contains("private"), "\(stranger.errorText)")
                let login = ["login", "-u", RegistryServer.user, "--password-stdin", registry.address]
                let outcome = try engine.run(login, input: .text(RegistryServer.password), extra: settings)
                #expect(outcome.status == 0, "\(outcome.errorText)")
                #expect(try engine.run(["pull", "-q", image], extra: settings).text == image)
                try engine.must("rmi", image)
                #expect(try engine.run(["run", "--rm", image, "echo", "mine"], extra: settings).text == "mine")
                #expect(try engine.run(["logout", registry.address], extra: settings).status == 0)
                #expect(try engine.run(["pull", image], extra: settings).status == 1)
                // As docker writes it.
                let pair = "\(RegistryServer.user):\(RegistryServer.password)"
                let config = #"{"auths": {"\#(registry.address)": {"auth": "\#(Base64.encode(Array(pair.utf8)))"}}}"#
                try File.replace(engine.scratch + "/config.json", with: Array(config.utf8), sync: false)
                #expect(try engine.run(["pull", image], extra: settings).status == 0)
            }
        }

        @Test func severalAtOnceShareOnePull() throws {
            let image = try Shelf.image(Images.layers, as: "crowd:1")
            let name = image.split(separator: "/")[1]
            let network = try TestNetwork(to: try Shelf.address())
            try withEngine([]) { (engine: Engine) throws in
                let alone = try network.count().served
                let clients = try (0..<8).map { index in
                    try engine.begin(["run", "--rm", "\(network.address)/\(name)", "echo", "\(index)"])
                }
                for (index, client) in clients.enumerated() {
                    let outcome = try client.wait()
                    #expect(outcome.status == 0 && outcome.text == "\(index)", "\(outcome.errorText)")
                }
                let crowd = try network.count().served - alone
                try engine.must("rmi", "\(network.address)/\(name)")
                try waitUntil("nothing is left") { () throws in try engine.isEmptyOfContent() }
                try engine.must("pull", "-q", "\(network.address)/\(name)")
                let single = try network.count().served - alone - crowd
                // Each asks for the manifest; the layers come once.
                #expect(crowd < single + 8 * 8192, "\(crowd) bytes for eight, \(single) for one")
            }
        }
    }
}
