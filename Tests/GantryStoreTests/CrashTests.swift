import GantryCore
import GantryModel
import GantryStore
import GantrySystem
import GantryWire
import Testing

/// What a crash between two steps leaves, made by hand: the store is closed, the later step undone, and opened again.
@Suite struct CrashTests {
    @Test func aPublishedFileWithoutARowIsSwept() throws {
        let bench = try StoreBench()
        let kept = try bench.blob()
        let lost = try bench.blob()
        try bench.reopen { layout in
            try StoreBench.execute(layout, "DELETE FROM blob WHERE digest = '\(lost.digest)'")
        }
        #expect(try bench.content.list().map(\.digest) == [kept.digest])
        #expect(!Path.exists(bench.layout.blob(lost.digest)))
        #expect(try Directory.list(bench.layout.trash).count == 1)
        _ = try bench.collector.drain()
        #expect(try Directory.list(bench.layout.trash).isEmpty)
        #expect(Path.exists(bench.layout.blob(kept.digest)))
    }

    @Test func aDeletedRowWhoseFileIsStillInTheTrashIsFinished() throws {
        let bench = try StoreBench()
        let blob = try bench.blob()
        try bench.content.delete(blob.digest)
        #expect(try Directory.list(bench.layout.trash).count == 1)
        try bench.reopen()
        #expect(try bench.content.list().isEmpty)
        #expect(try bench.collector.drain() == CollectorReport())
        #expect(try Directory.list(bench.layout.trash).isEmpty)
    }

    @Test func candidatesOutliveACrash() throws {
        let bench = try StoreBench()
        let blob = try bench.blob()
        let name = try Reference("a").description
        _ = try bench.metadata.putImage(namespace: "default", name: name, target: blob, labels: [:], events: [])
        _ = try bench.metadata.deleteImage(namespace: "default", name: name, events: [])
        try bench.reopen()
        #expect(try bench.collector.drain().blobs == 1)
    }

    @Test func aLostFileIsDataLossNotAnEmptyBlob() throws {
        let bench = try StoreBench()
        let gone = try bench.blob()
        let short = try bench.blob()
        try bench.reopen { layout in
            try Path.unlink(layout.blob(gone.digest))
            let file = try File.open(layout.blob(short.digest), .write)
            try File.truncate(file.raw, to: 63)
        }
        #expect(code { _ = try bench.content.reader(gone.digest) } == "data_loss")
        #expect(code { _ = try bench.content.reader(short.digest) } == "data_loss")
    }

    @Test func anIngestThatCannotBeReadIsSweptAndOthersStay() throws {
        let bench = try StoreBench()
        let writer = try bench.content.writer("good", .init(size: 9), lease: nil)
        try writer.write([1, 2])
        writer.close()
        let stray = "\(bench.layout.ingests)/stray"
        try bench.reopen { _ in
            try Path.makeDirectory(stray)
            try File.replace("\(stray)/status", with: [1, 2, 3], sync: false)
        }
        #expect(!Path.exists(stray))
        #expect(try bench.content.statuses().map(\.ref) == ["good"])
    }

    /// The daemon was killed after the row of a blob was written and before its ingest was gone.
    @Test func anIngestOfABlobThatIsThereIsSwept() throws {
        let bench = try StoreBench()
        let bytes = File.random(64)
        let digest = Digest.of(bytes)
        let half = try bench.content.writer("half", .init(digest: digest, size: 64), lease: nil)
        try half.write([1])
        half.close()
        try bench.content.writer("no data", .init(size: 9), lease: nil).close()
        let writer = try bench.content.writer("whole", .init(digest: digest, size: 64), lease: nil)
        try bytes.withUnsafeBytes { try writer.write($0) }
        _ = try writer.commit(labels: [:], holders: [])
        #expect(try bench.content.statuses().count == 2)
        try bench.reopen { _ in }
        #expect(try bench.content.statuses().isEmpty)
        #expect(try Directory.list(bench.layout.ingests).isEmpty)
        #expect(Path.exists(bench.layout.blob(digest)))
    }

    @Test func ingestsThatNobodyComesBackForAreGivenUp() throws {
        let bench = try StoreBench()
        for ref in ["old", "new"] {
            let writer = try bench.content.writer(ref, .init(size: 9), lease: nil)
            try writer.write([1, 2])
            writer.close()
        }
        let week: Int64 = 7 * 86_400
        let before = Clock.realtime / 1_000_000_000 - week - 10
        for entry in try Directory.list(bench.layout.ingests) {
            let place = "\(bench.layout.ingests)/\(entry.name)"
            let status = String(decoding: try File.contents(place + "/status"), as: UTF8.self)
            guard status.contains(#""old""#) else { continue }
            let year = Timestamp(nanoseconds: Clock.realtime).description.prefix(4)
            let old = status.replacing("\"started\":\"\(year)", with: "\"started\":\"2001")
            try File.replace(place + "/status", with: Array(old.utf8), sync: false)
            let time = FileTime(seconds: before, nanoseconds: 0)
            let data = try File.open(place + "/data")
            try Path.setTimes(descriptor: data.raw, accessed: time, modified: time)
        }
        try bench.reopen { _ in }
        #expect(try bench.content.statuses().map(\.ref) == ["new"])
    }

    @Test func theImageJournalIsPutRightFromTheRows() throws {
        let bench = try StoreBench()
        let blob = try bench.blob()
        let names = try ["a", "b", "c"].map { try Reference($0).description }
        for name in names {
            _ = try bench.metadata.putImage(namespace: "default", name: name, target: blob, labels: [:], events: [])
        }
        _ = try bench.metadata.deleteImage(namespace: "default", name: names[0], events: [])
        let path = bench.layout.imageJournal("default")
        let whole = try File.contents(path)
        #expect(whole.split(separator: UInt8(ascii: "\n")).count == 4)
        // The crash came between the commit and the line, and tore the line before.
        try bench.reopen { _ in try File.replace(path, with: Array(whole.dropLast(20)), sync: false) }
        let lines = try File.contents(path).split(separator: UInt8(ascii: "\n")).map { try JSON.parse(Array($0)) }
        #expect(lines.compactMap { $0["put"]?.string } == [names[1], names[2]])
        #expect(try Descriptor(json: #require(lines[0]["target"])) == blob)
        #expect(bench.metadata.images(namespace: "default").map(\.name) == [names[1], names[2]])
    }

    @Test func aSecondDaemonIsRefused() throws {
        let bench = try StoreBench()
        #expect(code { _ = try Metadata(layout: bench.layout) } == "unavailable")
    }
}
