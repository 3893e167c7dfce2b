import GantryClient
import GantryModel
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Who shares what with whom: daemons nothing, namespaces their blobs.
    @Suite struct SideBySideTests {
        @Test func daemonsDoNotSeeEachOther() throws {
            try withEngine { (one: Engine) throws in
                try withEngine { (two: Engine) throws in
                    try one.must("run", "-d", "--name", "same", "busybox", "sleep", "1000")
                    try two.must("run", "-d", "--name", "same", "busybox", "sleep", "1000")
                    let ids = try [one.must("ps", "-q"), two.must("ps", "-q")]
                    #expect(ids[0] != ids[1])
                    try one.must("rm", "-f", "same")
                    #expect(try two.must("ps", "-q") == ids[1])
                    try one.must("rmi", "busybox")
                    #expect(try two.must("run", "--rm", "busybox", "echo", "mine") == "mine")
                }
            }
        }

        @Test func aSecondDaemonOnTheSameDirectoriesIsRefused() throws {
            try withEngine([]) { (engine: Engine) throws in
                let second = try Program(
                    Engine.programs + "/gantryd", ["--root", engine.root, "--state", engine.state],
                    environment: engine.environment)
                let outcome = try second.wait(seconds: 10)
                #expect(outcome.status == 1)
                #expect(outcome.errorText.contains(engine.root) || outcome.errorText.contains(engine.state))
                #expect(try engine.must("ps", "-q") == "")
            }
        }

        @Test func namespacesSeparateNames() throws {
            try withEngine { (engine: Engine) throws in
                let other = ["--namespace", "other"]
                try engine.must("create", "--name", "same", "busybox", "true")
                #expect(try engine.run(other + ["images", "-q"]).text == "")
                #expect(try engine.run(other + ["run", "--rm", "busybox", "true"]).status == 125)
                #expect(try engine.run(other + ["load", "-i", Images.archive()]).status == 0)
                let made = try engine.run(other + ["run", "--name", "same", "busybox", "echo", "other"])
                #expect(made.text == "other", "\(made.errorText)")
                #expect(try engine.must("ps", "-aq").split(separator: "\n").count == 1)
                #expect(try engine.run(other + ["ps", "-aq"]).lines.count == 1)
                // A name of one namespace means nothing in the other, and its removal neither.
                try engine.must("rm", "same")
                try engine.must("rmi", "busybox")
                #expect(try engine.run(other + ["start", "-a", "same"]).text == "other")
            }
        }
    }

    /// The socket for those who may look.
    @Suite struct ReadOnlyTests {
        @Test func whatChangesSomethingIsDenied() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("create", "--name", "one", "busybox", "true")
                let client = try Client(path: engine.readOnlySocket)
                _ = try client.call("containers.get", ["container": "one"])
                #expect(try client.strings("name", of: "images.list") == ["busybox:latest"])
                let one: JSONObject = ["container": "one"]
                let calls: [(String, JSONObject)] = [
                    ("containers.create", ["image": "busybox"]), ("containers.remove", one), ("containers.stop", one),
                    ("tasks.create", one), ("tasks.start", one), ("tasks.kill", one), ("containers.logs", one),
                    ("images.load", [:]), ("images.tag", ["source": "busybox", "target": "x"]),
                    ("images.remove", ["image": "busybox"]),
                ]
                for (method, params) in calls {
                    let error = #expect(throws: GantryError.self) { try client.call(method, params) }
                    #expect(error?.code == .permissionDenied, "\(method): \(String(describing: error))")
                }
                #expect(try engine.summary("one")["state"]?.string == "created")
                let mode = try FileStatus.of(engine.readOnlySocket).mode & 0o777
                #expect(mode == 0o660)
            }
        }
    }
}
