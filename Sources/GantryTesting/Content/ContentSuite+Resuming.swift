import GantryCore
import GantryModel
import GantryWire

extension ContentSuite {
    /// Writes the first part, gives the ingest up, takes it up again and lets `finish` bring the rest.
    private static func resume(
        _ name: String, restart: Bool = false,
        _ finish: @escaping @Sendable (_ writer: any BlobWriter, _ bytes: [UInt8]) throws -> Void
    ) -> ContentCheck {
        ContentCheck(name) { bench in
            let (bytes, digest) = bench.bytes(100_000)
            let half = 30_001
            let first = try bench.writer("r", bytes)
            try first.write(Array(bytes[..<half]))
            let before = first.status
            first.close()
            if restart { try bench.restart() }
            let second = try bench.writer("r", bytes)
            defer { second.close() }
            try bench.check(second.status, ref: "r", offset: half, total: bytes.count, expected: digest)
            try requireEqual(second.status.started, before.started, "begin of the ingest")
            try finish(second, bytes)
            try second.commit(labels: [:])
            try bench.check(digest, holds: bytes)
        }
    }

    static let resuming: [ContentCheck] = [
        resume("resume where it stood") { writer, bytes in try writer.write(Array(bytes[Int(writer.offset)...])) },
        resume("resume after a restart", restart: true) { writer, bytes in
            try writer.write(Array(bytes[Int(writer.offset)...]))
        },
        resume("resume by beginning again") { writer, bytes in
            try writer.truncate()
            try requireEqual(writer.offset, 0, "offset after truncate")
            try writer.write(bytes)
        },
        resume("resume from a source that cannot seek: discard what is there", restart: true) { writer, bytes in
            var source = bytes[...]
            source = source.dropFirst(Int(writer.offset))
            while !source.isEmpty {
                try writer.write(Array(source.prefix(4097)))
                source = source.dropFirst(4097)
            }
        },
        ContentCheck("resume by copying from a blob read at an offset") { bench in
            let (bytes, digest) = bench.bytes(70_000)
            let source = try bench.content.put(bytes + [7])
            let first = try bench.writer("r", bytes)
            try first.write(Array(bytes[..<11]))
            first.close()
            let second = try bench.writer("r", bytes)
            let reader = try bench.content.reader(source)
            while second.offset < Int64(bytes.count) {
                let wanted = min(1000, bytes.count - Int(second.offset))
                try second.write(reader.bytes(at: second.offset, count: wanted))
            }
            try second.commit(labels: [:])
            try bench.check(digest, holds: bytes)
        },
        ContentCheck("resume in several pieces over several restarts") { bench in
            let (bytes, digest) = bench.bytes(5000)
            for end in [1, 2, 4096, 5000] {
                let writer = try bench.writer("r", bytes)
                try writer.write(Array(bytes[Int(writer.offset)..<end]))
                writer.close()
                try bench.restart()
            }
            let last = try bench.writer("r", bytes)
            try last.commit(labels: [:])
            try bench.check(digest, holds: bytes)
        },
        ContentCheck("an ingest is not taken up for something else") { bench in
            let (bytes, _) = bench.bytes()
            let writer = try bench.writer("r", bytes)
            try writer.write([bytes[0]])
            writer.close()
            let other = bench.bytes()
            try requireError(.failedPrecondition, mentions: [other.digest.hex]) {
                _ = try bench.content.writer("r", .init(digest: other.digest), lease: nil)
            }
            try requireError(.failedPrecondition, mentions: ["'255'"]) {
                _ = try bench.content.writer("r", .init(size: 255), lease: nil)
            }
            let again = try bench.content.writer("r", .init(), lease: nil)
            try requireEqual(again.offset, 1, "offset")
            again.close()
        },
        ContentCheck("a promise may be made later") { bench in
            let (bytes, digest) = bench.bytes()
            let first = try bench.content.writer("r", .init(size: 256), lease: nil)
            try first.write(Array(bytes[..<100]))
            first.close()
            let second = try bench.content.writer("r", .init(digest: digest), lease: nil)
            try bench.check(second.status, ref: "r", offset: 100, total: 256, expected: digest)
            try second.write(Array(bytes[100...]))
            try second.commit(labels: [:])
            try bench.check(digest, holds: bytes)
        },
    ]
}
