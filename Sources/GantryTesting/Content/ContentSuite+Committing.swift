import GantryCore
import GantryModel
import GantryWire

extension ContentSuite {
    static let committing: [ContentCheck] = [
        ContentCheck("what is there is not written again") { bench in
            let (bytes, digest) = bench.bytes()
            _ = try bench.content.put(bytes)
            try requireError(.alreadyExists, mentions: [digest.hex]) { _ = try bench.writer("again", bytes) }
            let blind = try bench.content.writer("blind", .init(), lease: nil)
            try blind.write(bytes)
            try requireError(.alreadyExists, mentions: [digest.hex]) { try blind.commit(labels: ["other": "x"]) }
            try requireEqual(bench.content.info(digest).labels, [:], "labels of the first commit")
            try requireEqual(bench.content.statuses(), [], "ingests")
        },
        ContentCheck("two writers of the same bytes: one commits") { bench in
            let (bytes, digest) = bench.bytes()
            let first = try bench.writer("a", bytes)
            let second = try bench.writer("b", bytes)
            try first.write(bytes)
            try second.write(bytes)
            try first.commit(labels: [:])
            try requireError(.alreadyExists) { try second.commit(labels: [:]) }
            try bench.check(digest, holds: bytes)
        },
        ContentCheck("a wrong digest is data loss and leaves nothing") { bench in
            let (bytes, digest) = bench.bytes()
            let (other, found) = bench.bytes()
            let writer = try bench.writer("r", bytes)
            try writer.write(other)
            try requireError(.dataLoss, mentions: [digest.hex, found.hex]) { try writer.commit(labels: [:]) }
            try requireError(.notFound) { _ = try bench.content.status("r") }
            try requireError(.notFound) { _ = try bench.content.info(digest) }
            try requireError(.notFound) { _ = try bench.content.info(found) }
            let again = try bench.writer("r", bytes)
            try requireEqual(again.offset, 0, "offset")
            try again.write(bytes)
            try again.commit(labels: [:])
        },
        ContentCheck("a wrong size is refused and leaves nothing") { bench in
            let (bytes, digest) = bench.bytes()
            let writer = try bench.content.writer("r", .init(size: 257), lease: nil)
            try writer.write(bytes)
            try requireError(.failedPrecondition, mentions: ["256", "257", digest.hex]) {
                try writer.commit(labels: [:])
            }
            try requireError(.notFound) { _ = try bench.content.status("r") }
            try requireError(.notFound) { _ = try bench.content.info(digest) }
        },
        ContentCheck("a half-written blob is no blob after a restart") { bench in
            let (bytes, digest) = bench.bytes()
            let writer = try bench.writer("r", bytes)
            try writer.write(bytes)
            writer.close()
            try bench.restart()
            try requireError(.notFound) { _ = try bench.content.info(digest) }
            try requireError(.notFound) { _ = try bench.content.reader(digest) }
        },
        ContentCheck("a committed blob is there after a restart") { bench in
            let (bytes, digest) = bench.bytes(3 << 20)
            _ = try bench.content.put(bytes, labels: ["a": "b"])
            try bench.restart()
            try bench.check(digest, holds: bytes)
            try requireEqual(bench.content.info(digest).labels, ["a": "b"], "labels")
        },
        ContentCheck("put checks what it is given and forgives what is there") { bench in
            let (bytes, digest) = bench.bytes()
            try requireEqual(bench.content.put(bytes), digest, "digest")
            try requireEqual(bench.content.put(bytes, expected: .init(digest: digest, size: 256)), digest, "digest")
            let other = bench.bytes()
            try requireError(.dataLoss, mentions: [digest.hex, other.digest.hex]) {
                _ = try bench.content.put(other.bytes, expected: .init(digest: digest))
            }
            try requireError(.failedPrecondition) { _ = try bench.content.put(other.bytes, expected: .init(size: 1)) }
        },
    ]
}
