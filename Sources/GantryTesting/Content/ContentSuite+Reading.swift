import GantryCore
import GantryModel
import GantryWire

extension ContentSuite {
    static let reading: [ContentCheck] = [
        ContentCheck("small and empty blobs") { bench in
            for count in [0, 1, 2, 511] {
                let (bytes, digest) = (Array(bench.bytes(512).bytes[..<count]), count)
                let name = try bench.content.put(bytes)
                try requireEqual(bench.content.info(name).size, Int64(digest), "size")
                try bench.check(name, holds: bytes)
            }
        },
        ContentCheck("reads at offsets, over the end and behind it") { bench in
            let (bytes, digest) = bench.bytes(10_000)
            _ = try bench.content.put(bytes)
            let reader = try bench.content.reader(digest)
            try requireEqual(reader.size, 10_000, "size")
            try requireEqual(reader.bytes(at: 0, count: 1), [bytes[0]], "first byte")
            try requireEqual(reader.bytes(at: 4095, count: 3), Array(bytes[4095..<4098]), "middle")
            try requireEqual(reader.bytes(at: 9_990, count: 100), Array(bytes[9_990...]), "over the end")
            try requireEqual(reader.bytes(at: 10_000, count: 1), [], "behind the end")
            try requireEqual(reader.bytes(at: 20_000, count: 1), [], "far behind the end")
        },
        ContentCheck("a reader outlives the blob") { bench in
            let (bytes, digest) = bench.bytes()
            _ = try bench.content.put(bytes)
            let reader = try bench.content.reader(digest)
            try bench.content.delete(digest)
            try bench.subject.collect()
            try requireEqual(reader.bytes(count: 256), bytes, "bytes")
            try requireError(.notFound) { _ = try bench.content.reader(digest) }
        },
        ContentCheck("labels are set, replaced and removed") { bench in
            let (bytes, digest) = bench.bytes()
            _ = try bench.content.put(bytes, labels: ["a": "1", "b": "2"])
            let before = try bench.content.info(digest)
            let info = try bench.content.update(digest, labels: ["a": "x", "b": nil, "c": "3", "none": nil])
            try requireEqual(info.labels, ["a": "x", "c": "3"], "labels")
            try requireEqual(bench.content.info(digest), info, "stored blob")
            try require(info.created == before.created && info.updated >= before.updated, "times")
            try requireError(.notFound) { _ = try bench.content.update(bench.bytes().digest, labels: ["a": "b"]) }
        },
        ContentCheck("walk, whole and by labels") { bench in
            var digests: [Digest] = []
            for index in 0..<300 {
                digests.append(
                    try bench.content.put(bench.bytes().bytes, labels: index % 3 == 0 ? ["k": "\(index % 2)"] : [:]))
            }
            try requireEqual(bench.content.list().map(\.digest), digests.sorted(), "all blobs, ordered")
            try requireEqual(bench.content.list(LabelFilter(["k": nil])).count, 100, "blobs with the label")
            try requireEqual(bench.content.list(LabelFilter(["k": "1"])).count, 50, "blobs with the value")
            try requireEqual(bench.content.list(LabelFilter(["k": "1", "l": nil])).count, 0, "blobs with both")
            var seen = 0
            do {
                try bench.content.walk(.all) { _ in
                    seen += 1
                    if seen == 7 { throw CheckFailure("enough") }
                }
                throw CheckFailure("the walk did not pass the error on")
            } catch let error as CheckFailure where error.description == "enough" {}
            try requireEqual(seen, 7, "blobs seen before the error")
        },
        ContentCheck("bytes are read while more of them come, and beyond the commit") { bench in
            let (bytes, _) = bench.bytes(1000)
            let writer = try bench.writer("r", bytes)
            let reader = try writer.follow()
            func read(_ offset: Int64) throws -> [UInt8] {
                var buffer = [UInt8](repeating: 0, count: 2000)
                let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0, at: offset) }
                return Array(buffer[..<count])
            }
            try requireEqual(read(0), [], "bytes before the first")
            try writer.write(Array(bytes[..<400]))
            try requireEqual(read(0), Array(bytes[..<400]), "the bytes so far")
            try requireEqual(read(400), [], "bytes behind them")
            try writer.write(Array(bytes[400...]))
            try writer.commit(labels: [:])
            try requireEqual(read(390), Array(bytes[390...]), "the rest, after the commit")
            try requireError(.failedPrecondition) { _ = try writer.follow() }
        },
        ContentCheck("delete") { bench in
            let (bytes, digest) = bench.bytes()
            _ = try bench.content.put(bytes)
            try bench.content.delete(digest)
            try requireError(.notFound, mentions: [digest.hex]) { _ = try bench.content.info(digest) }
            try requireError(.notFound) { try bench.content.delete(digest) }
            try requireEqual(bench.content.list(), [], "blobs")
            _ = try bench.content.put(bytes)
            try bench.check(digest, holds: bytes)
        },
    ]
}
