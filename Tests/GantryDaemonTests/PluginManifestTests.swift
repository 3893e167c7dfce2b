import GantryModel
import GantryRemote
import GantrySystem
import GantryWire
import Testing

@testable import GantryDaemon

/// What a manifest may say, and what is said about it when it is wrong: each fault with its file, line and key.
struct PluginManifestTests {
    private static let good = [
        "kind = \"snapshotter.v1\"", "name = \"x\"", "socket = \"/run/x\"", "root = \"/var/lib/x\"",
    ]

    private func read(_ lines: [String], mode: UInt32 = 0o644) throws -> Result<PluginManifest, GantryError> {
        let file = "/tmp/gantry-manifest-\(Hex.encode(File.random(6))).toml"
        try File.replace(file, with: Array((lines.joined(separator: "\n") + "\n").utf8), sync: false)
        defer { try? Path.unlink(file) }
        try Path.changeMode(file, mode)
        do throws(GantryError) { return .success(try PluginManifest.read(file)) } catch {
            var error = error
            error.message = error.message.replacing(file, with: "FILE")
            return .failure(error)
        }
    }

    private func message(_ lines: [String], mode: UInt32 = 0o644) throws -> String {
        guard case .failure(let error) = try read(lines, mode: mode) else { return "(it was accepted)" }
        return error.message
    }

    @Test func allOfIt() throws {
        let lines = [
            "version = 1", "exec = [\"/bin/x\", \"--fast\"]", "mount_roots = [\"/srv\"]", "deadline = 5",
            "failures = 2",
            "concurrency = 8",
        ]
        let manifest = try read(Self.good + lines).get()
        #expect(manifest.id == "snapshotter.v1/x")
        #expect(manifest.exec == ["/bin/x", "--fast"])
        #expect(manifest.rule.roots == ["/var/lib/x", "/srv"])
        #expect(manifest.patience.deadline == 5000)
        #expect(manifest.patience.failures == 2)
        #expect(manifest.patience.most == 8)
        let verifier = try read(["kind = \"verifier.v1\"", "name = \"v\"", "exec = [\"/bin/v\"]"]).get()
        #expect(verifier.isCommand)
        #expect(!verifier.allowsOnFailure)
    }

    @Test(arguments: [
        ("kind = \"snapshoter.v1\"", "'FILE:5': key 'kind' must be one of snapshotter.v1, verifier.v1, differ.v1"),
        ("kind = 3", "'FILE:5': key 'kind' must be one of"),
        ("name = \"a b\"", "'FILE:5': key 'name' must be 1 to 64 letters, digits, '-' and '_'"),
        ("name = \"\"", "'FILE:5': key 'name' must be"),
        ("socket = \"run/x\"", "'FILE:5': key 'socket' must be an absolute path of at most 107 bytes"),
        ("exec = \"/bin/x\"", "'FILE:5': key 'exec' must be a list: the absolute path of a program"),
        ("exec = [\"x\"]", "'FILE:5': key 'exec' must be a list"),
        ("exec = []", "'FILE:5': key 'exec' must be a list"),
        ("root = \"x\"", "'FILE:5': key 'root' must be an absolute path"),
        ("mount_roots = [\"x\"]", "'FILE:5': key 'mount_roots' must be a list of absolute paths"),
        ("deadline = 0", "'FILE:5': key 'deadline' must be an integer from 1 to 3600"),
        ("deadline = \"10\"", "'FILE:5': key 'deadline' must be an integer"),
        ("concurrency = 1000", "'FILE:5': key 'concurrency' must be an integer from 1 to 32"),
        ("version = 2", "'FILE:5': key 'version' is 2: it was written for a newer Gantry, and this one reads 1"),
        ("version = 0", "'FILE:5': key 'version' must be an integer from 1 to 1"),
        ("soket = \"/x\"", "'FILE:5': key 'soket' is unknown"),
        ("media_types = [\"x/y\"]", "'FILE:5': key 'media_types' means nothing for a snapshotter.v1"),
        ("on_failure = \"allow\"", "'FILE:5': key 'on_failure' means nothing for a snapshotter.v1"),
    ])
    func everyFaultNamesItsKey(_ line: String, _ words: String) throws {
        // The fault stands in the fifth line; what it says twice is said only there.
        let key = line.split(separator: " ")[0]
        let others = Self.good.map { $0.hasPrefix("\(key) =") ? "# in the fifth line" : $0 }
        let found = try message(others + [line])
        #expect(found.contains("read plugin manifest \(words)"), "\(found)")
    }

    @Test func whatIsMissingIsNamed() throws {
        for key in ["kind", "name", "socket", "root"] {
            let found = try message(Self.good.filter { !$0.hasPrefix(key) })
            #expect(found == "read plugin manifest 'FILE': key '\(key)' is missing")
        }
        #expect(
            try message(["kind = \"differ.v1\"", "name = \"d\"", "socket = \"/d\""])
                == "read plugin manifest 'FILE': key 'media_types' is missing")
        #expect(
            try message(["kind = \"verifier.v1\"", "name = \"v\""])
                == "read plugin manifest 'FILE': key 'socket' is missing")
        #expect(try message(["kind = "]).hasPrefix("read plugin manifest 'FILE:1': "))
    }

    @Test func whatOthersMayWriteIsNotRun() throws {
        #expect(try message(Self.good, mode: 0o666).contains("others than root may write to it"))
        #expect(try message(Self.good, mode: 0o664).contains("others than root may write to it"))
    }

    @Test func ofTwoWithOneNameTheFirstCounts() throws {
        let directory = "/tmp/gantry-manifests-\(Hex.encode(File.random(6)))"
        try Path.makeDirectories(directory + "/b")
        try Path.makeDirectories(directory + "/none")
        defer { try? Directory.removeTree(directory) }
        let text = Array(Self.good.joined(separator: "\n").utf8)
        for file in ["a.toml", "b/plugin.toml", "c.txt"] {
            try File.replace("\(directory)/\(file)", with: text, sync: false)
        }
        let found = PluginManifest.all(in: directory, taken: [])
        #expect(found.map(\.file) == ["\(directory)/a.toml", "\(directory)/b/plugin.toml"])
        guard case .success = found[0].manifest, case .failure(let error) = found[1].manifest else {
            Issue.record("\(found)")
            return
        }
        #expect(error.message.contains("'snapshotter.v1/x' is taken by '\(directory)/a.toml'"))
        let taken = PluginManifest.all(in: directory, taken: ["snapshotter.v1/x"])
        guard case .failure(let second) = taken[0].manifest else {
            Issue.record("\(taken)")
            return
        }
        #expect(second.message.contains("is taken by what is built in"))
    }
}
