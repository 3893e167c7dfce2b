import GantryCore
import GantryModel
import GantrySystem
import GantryWire

extension ContentSuite {
    static let writing: [ContentCheck] = [
        ContentCheck("writers side by side, each knowing more or less") { bench in
            let blobs = (0..<4).map { _ in bench.bytes() }
            let writers = try [
                bench.content.writer("c1", .init(), lease: nil),
                bench.content.writer("c2", .init(size: 256), lease: nil),
                bench.content.writer("c3", .init(digest: blobs[2].digest), lease: nil),
                bench.content.writer("c4", .init(digest: blobs[3].digest, size: 256), lease: nil),
            ]
            for (writer, blob) in zip(writers, blobs) {
                for start in stride(from: 0, to: 256, by: 32) {
                    try writer.write(Array(blob.bytes[start..<start + 32]))
                }
                let before = Clock.realtime
                let info = try writer.commit(labels: ["k": "v"])
                try requireEqual(info.digest, blob.digest, "digest of the commit")
                let stored = try bench.content.info(blob.digest)
                try requireEqual(stored, info, "stored blob")
                try requireEqual(stored.labels, ["k": "v"], "labels")
                try require(
                    stored.created.nanoseconds >= before && stored.created.nanoseconds <= Clock.realtime,
                    "created at \(stored.created)")
                try bench.check(blob.digest, holds: blob.bytes)
            }
        },
        ContentCheck("the status moves with the bytes") { bench in
            let (bytes, digest) = bench.bytes()
            let writer = try bench.writer("c1", bytes)
            try bench.check(writer.status, ref: "c1", offset: 0, total: 256, expected: digest)
            for (start, end) in [(0, 64), (64, 192), (192, 256)] {
                let before = writer.status.updated
                try writer.write(Array(bytes[start..<end]))
                try bench.check(writer.status, ref: "c1", offset: end, total: 256, expected: digest)
                try require(writer.status.updated >= before, "the time of the update went back")
                try bench.check(bench.content.status("c1"), ref: "c1", offset: end, total: 256, expected: digest)
            }
            try writer.commit(labels: [:])
            try bench.check(digest, holds: bytes)
        },
        ContentCheck("statuses of open and idle ingests, ordered") { bench in
            let (bytes, _) = bench.bytes()
            let first = try bench.writer("b", bytes)
            let second = try bench.content.writer("a", .init(size: 9), lease: nil)
            try second.write([1, 2, 3])
            second.close()
            let statuses = try bench.content.statuses()
            try requireEqual(statuses.map(\.ref), ["a", "b"], "refs")
            try bench.check(statuses[0], ref: "a", offset: 3, total: 9, expected: nil)
            first.close()
            try requireError(.notFound) { _ = try bench.content.status("none") }
        },
        ContentCheck("a committed ingest has no status") { bench in
            let (bytes, _) = bench.bytes()
            let writer = try bench.writer("c1", bytes)
            try writer.write(bytes)
            try writer.commit(labels: [:])
            try requireError(.notFound) { _ = try bench.content.status("c1") }
            try requireEqual(bench.content.statuses(), [], "statuses")
            try requireError(.failedPrecondition) { try writer.write([1]) }
            try requireError(.failedPrecondition) { try writer.commit(labels: [:]) }
        },
        ContentCheck("a ref has one writer at a time") { bench in
            let writer = try bench.content.writer("r", .init(), lease: nil)
            try requireError(.unavailable, mentions: ["'r'"]) { _ = try bench.content.writer("r", .init(), lease: nil) }
            try requireError(.failedPrecondition) { try bench.content.abort("r") }
            writer.close()
            writer.close()
            let again = try bench.content.writer("r", .init(), lease: nil)
            writer.close()
            try requireError(.unavailable) { _ = try bench.content.writer("r", .init(), lease: nil) }
            again.close()
        },
        ContentCheck("abort throws an idle ingest away") { bench in
            let writer = try bench.content.writer("r", .init(size: 3), lease: nil)
            try writer.write([1])
            writer.close()
            try bench.content.abort("r")
            try requireError(.notFound) { try bench.content.abort("r") }
            let again = try bench.content.writer("r", .init(size: 7), lease: nil)
            try bench.check(again.status, ref: "r", offset: 0, total: 7, expected: nil)
            again.close()
        },
        ContentCheck("nothing is written beyond the promise") { bench in
            let writer = try bench.content.writer("r", .init(size: 3), lease: nil)
            try requireError(.failedPrecondition, mentions: ["3 bytes"]) { try writer.write([1, 2, 3, 4]) }
            try requireEqual(writer.offset, 0, "offset")
            writer.close()
        },
        ContentCheck("sha512") { bench in
            let (bytes, _) = bench.bytes(1000)
            let digest = Digest.of(bytes, .sha512)
            let writer = try bench.content.writer("r", .init(digest: digest), lease: nil)
            try writer.write(bytes)
            try requireEqual(writer.commit(labels: [:]).digest, digest, "digest")
            try bench.check(digest, holds: bytes)
        },
    ]
}
