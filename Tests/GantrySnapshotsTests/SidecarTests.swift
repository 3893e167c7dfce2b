import GantryCore
import GantryModel
import GantrySnapshots
import GantrySystem
import GantryWire
import Testing

/// `snapshot.json`: what it says after a write that was cut short, and when a record is larger than its half.
@Suite struct SidecarTests {
    /// A snapshot `k` in directory 1 with the labels of the `count`th update, closed.
    private func withUpdates(_ count: Int, _ body: (_ root: String, _ path: String) throws -> Void) throws {
        let root = "/tmp/gr-\(File.random(6).map { String($0, radix: 16) }.joined())"
        try Path.makeDirectory(root)
        defer { try? Directory.removeTree(root) }
        let layers = try BuiltInSnapshotter.overlayfs.open(root: root)
        _ = try layers.prepare("k", parent: nil, labels: ["n": "0"])
        for number in 1...count { _ = try layers.update("k", labels: ["n": "\(number)"]) }
        try layers.close()
        try body(root, root + "/1/snapshot.json")
    }

    /// The label after a new start; nil when there is no snapshot.
    private func label(_ root: String) throws -> String? {
        let layers = try BuiltInSnapshotter.overlayfs.open(root: root)
        defer { try? layers.close() }
        return try? layers.stat("k").labels["n"]
    }

    private func expectLabel(_ root: String, _ wanted: String?) throws {
        let found = try label(root)
        #expect(found == wanted)
    }

    /// Overwrites a byte.
    private func damage(_ path: String, at offset: Int64) throws {
        let file = try File.open(path, .readWrite)
        let byte: [UInt8] = [0]
        try byte.span.withUnsafeBytes { (bytes) throws(Errno) in try File.write(file.raw, bytes, at: offset) }
    }

    @Test(arguments: [1, 2, 3])
    func theLaterRecordCounts(_ updates: Int) throws {
        try withUpdates(updates) { root, path in
            let size = try File.contents(path).count
            #expect(size == 2048)
            let found = try label(root)
            #expect(found == "\(updates)")
        }
    }

    /// Wherever a write was cut, what was true before it is true again.
    @Test(arguments: [1, 2] as [Int64], [0, 30, 200] as [Int64])
    func aTornRecordLeavesTheOneBeforeIt(_ updates: Int64, _ place: Int64) throws {
        try withUpdates(Int(updates)) { root, path in
            try damage(path, at: (updates & 1) * 1024 + place)
            try expectLabel(root, "\(updates - 1)")
            // And is written over by the next.
            let layers = try BuiltInSnapshotter.overlayfs.open(root: root)
            _ = try layers.update("k", labels: ["n": "again"])
            try layers.close()
            try expectLabel(root, "again")
        }
    }

    @Test func aSidecarWithoutAWholeRecordIsADraft() throws {
        try withUpdates(1) { root, path in
            try damage(path, at: 10)
            try damage(path, at: 1024 + 10)
            try expectLabel(root, nil)
        }
    }

    /// Labels of all sizes about that of a half, and back.
    @Test func recordsLargerThanAHalf() throws {
        try withUpdates(1) { root, path in
            for size in [100, 1024, 2048, 100_000, 10] + Array(750...800) + Array(1840...1890) {
                let layers = try BuiltInSnapshotter.overlayfs.open(root: root)
                let text = String(repeating: "x", count: size)
                _ = try layers.update("k", labels: ["n": text])
                try layers.close()
                let found = try label(root)
                #expect(found == text, "\(size) bytes")
            }
            #expect(!Path.exists(path + ".new"))
        }
    }

    /// What the first version wrote: one record and nothing else.
    @Test func theFormerFormIsRead() throws {
        try withUpdates(1) { root, path in
            let time = "2026-11-29T00:00:00Z"
            let old = """
                {"kind":"active","name":"k","labels":{"n":"old"},"created":"\(time)","updated":"\(time)","synced":false,\
                "version":1}
                """
            try File.replace(path, with: Array(old.utf8), sync: false)
            try expectLabel(root, "old")
            let layers = try BuiltInSnapshotter.overlayfs.open(root: root)
            _ = try layers.update("k", labels: ["n": "new"])
            try layers.close()
            try expectLabel(root, "new")
        }
    }
}
