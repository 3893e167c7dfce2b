import GantryCore
import GantryModel
import GantrySnapshots
import GantrySystem
import GantryWire
import Testing

/// What the directories on the disk mean after something went wrong.
@Suite struct RecoveryTests {
    private func withRoot(_ body: (String) throws -> Void) throws {
        let root = "/tmp/gr-\(File.random(6).map { String($0, radix: 16) }.joined())"
        try Path.makeDirectory(root)
        defer { try? Directory.removeTree(root) }
        try body(root)
    }

    /// A closed root with the committed layers `1` and `2` in directories 1 and 2.
    private func makeLayers(_ root: String) throws {
        let layers = try BuiltInSnapshotter.overlayfs.open(root: root)
        for (name, parent) in [("1", nil), ("2", "1")] as [(String, String?)] {
            _ = try layers.prepare("k", parent: parent, labels: [:])
            try layers.commit("k", as: name, labels: [:], usage: nil)
        }
        try layers.close()
    }

    /// The later record of a sidecar.
    private func latest(_ path: String) throws -> JSONObject {
        let records = try File.contents(path).split(separator: UInt8(ascii: "\n"))
            .compactMap { try? JSON.parse(Array($0.drop { $0 == UInt8(ascii: " ") })).object }
        return try #require(records.max { ($0["revision"]?.int ?? 0) < ($1["revision"]?.int ?? 0) })
    }

    /// Rewrites the sidecar of a directory as if it had been written in another boot and never synced.
    private func loseSync(_ root: String, _ id: Int) throws {
        let path = "\(root)/\(id)/snapshot.json"
        var object = try latest(path)
        object["synced"] = .bool(false)
        object["boot"] = .string("another boot")
        try File.replace(path, with: JSON.object(object).encoded(), sync: false)
    }

    @Test func draftsAreSwept() throws {
        try withRoot { root in
            try makeLayers(root)
            try Path.makeDirectory(root + "/9")
            try Path.makeDirectory(root + "/9/fs")
            try Path.makeDirectory(root + "/10")
            try File.replace(root + "/10/snapshot.json", with: Array("{\"kind\":\"act".utf8), sync: false)
            let layers = try BuiltInSnapshotter.overlayfs.open(root: root)
            defer { try? layers.close() }
            var names: [String] = []
            try layers.walk(.all) { names.append($0.name) }
            #expect(names.sorted() == ["1", "2"])
            #expect(!Path.exists(root + "/9") && !Path.exists(root + "/10"))
            _ = try layers.prepare("new", parent: "2", labels: [:])
            #expect(Path.exists(root + "/11"), "a number is never used twice")
        }
    }

    @Test func unsyncedLayersOfAnotherBootAreReportedLowestFirst() throws {
        try withRoot { root in
            try makeLayers(root)
            try loseSync(root, 2)
            try loseSync(root, 1)
            let layers = try BuiltInSnapshotter.overlayfs.open(root: root)
            defer { try? layers.close() }
            #expect(layers.unsynced() == ["1", "2"])
            // Unpacked again under the same name; the child stands on the new content.
            _ = try layers.prepare("redo", parent: nil, labels: [:])
            let target = try #require(try layers.layerTarget("redo"))
            try layers.commit("redo", as: "1", labels: [:], usage: nil)
            #expect(layers.unsynced() == ["2"])
            let mounts = try layers.prepare("c", parent: "2", labels: [:])
            #expect(mounts[0].options.contains { $0.hasPrefix("lowerdir=") && $0.hasSuffix(target.directory) })
            #expect(throws: GantryError.self) { try layers.remove("1") }
            #expect(!Path.exists(root + "/1"))
        }
    }

    /// A removal reaches the disk some time after it was answered; by then a commit of the same name may be there.
    @Test func ofTwoDirectoriesOfOneNameTheLaterCommitCounts() throws {
        try withRoot { root in
            var layers = try BuiltInSnapshotter.overlayfs.open(root: root)
            for key in ["first", "second"] { _ = try layers.prepare(key, parent: nil, labels: [:]) }
            try layers.commit("second", as: "base", labels: ["which": "removed"], usage: nil)
            let old = try File.contents(root + "/2/snapshot.json")
            try layers.remove("base")
            try layers.commit("first", as: "base", labels: ["which": "answered"], usage: nil)
            try layers.sweep()
            try layers.close()
            // The power cut.
            for directory in ["/2", "/2/fs", "/2/work"] { try Path.makeDirectory(root + directory) }
            try File.replace(root + "/2/snapshot.json", with: old, sync: false)
            layers = try BuiltInSnapshotter.overlayfs.open(root: root)
            let found = try layers.stat("base").labels["which"]
            #expect(found == "answered")
            #expect(!Path.exists(root + "/2"))
            try layers.close()
        }
    }

    @Test func aLayerThatLostItsParentIsNotShown() throws {
        try withRoot { root in
            try makeLayers(root)
            try Directory.removeTree(root + "/1")
            let layers = try BuiltInSnapshotter.overlayfs.open(root: root)
            defer { try? layers.close() }
            #expect { try layers.prepare("k", parent: "2", labels: [:]) } throws: { error in
                (error as? GantryError)?.code == .dataLoss
            }
        }
    }

    @Test func newerDataRefusesToOpen() throws {
        try withRoot { root in
            try makeLayers(root)
            let path = root + "/1/snapshot.json"
            var object = try latest(path)
            object["version"] = .int(99)
            try File.replace(path, with: JSON.object(object).encoded(), sync: false)
            #expect { try BuiltInSnapshotter.overlayfs.open(root: root) } throws: { error in
                (error as? GantryError)?.code == .failedPrecondition
            }
            #expect(Path.exists(path), "what is not understood is not deleted")
        }
    }

    @Test func aFullDiskLeavesNothing() throws {
        try withRoot { root in
            try Mounts.mount("tmpfs", at: root, type: "tmpfs", options: "size=1m,nr_inodes=20")
            defer { try? Mounts.unmount(root, detach: true) }
            let layers = try BuiltInSnapshotter.native.open(root: root + "/s")
            defer { try? layers.close() }
            var made = 0
            let failure = #expect(throws: GantryError.self) {
                while made < 20 {
                    _ = try layers.prepare("k\(made)", parent: nil, labels: [:])
                    made += 1
                }
            }
            #expect(failure?.code == .resourceExhausted)
            var names: [String] = []
            try layers.walk(.all) { names.append($0.name) }
            #expect(names.count == made)
        }
    }
}
