import GantryCore
import GantryModel
import GantryWire

extension ContentSuite {
    static let sharing: [ContentCheck] = [
        ContentCheck("namespaces share blobs: the second writer finds it, and both hold it") { bench in
            let (bytes, digest) = bench.bytes()
            let one = try bench.subject.leases.createLease(namespace: "one", id: nil, labels: [:], expires: nil).key
            let two = try bench.subject.leases.createLease(namespace: "two", id: nil, labels: [:], expires: nil).key
            let expected = BlobExpectation(digest: digest, size: 256)
            let writer = try bench.content.writer("r", expected, lease: one)
            try writer.write(bytes)
            try writer.commit(labels: [:])
            try requireError(.alreadyExists) { _ = try bench.content.writer("r", expected, lease: two) }
            try bench.subject.leases.deleteLease(one)
            try bench.subject.collect()
            try bench.check(digest, holds: bytes)
            try bench.subject.leases.deleteLease(two)
            try bench.subject.collect()
            try requireError(.notFound) { _ = try bench.content.info(digest) }
        },
        ContentCheck("namespaces share blobs: the loser of a race holds the winner's") { bench in
            let (bytes, digest) = bench.bytes()
            let lease = try bench.subject.leases.createLease(namespace: "two", id: "l", labels: [:], expires: nil).key
            let winner = try bench.content.writer("a", .init(digest: digest), lease: nil)
            let loser = try bench.content.writer("b", .init(digest: digest), lease: lease)
            try winner.write(bytes)
            try loser.write(bytes)
            try winner.commit(labels: [:])
            try requireError(.alreadyExists) { try loser.commit(labels: [:]) }
            try requireEqual(bench.subject.leases.references(from: .lease(lease)), [.blob(digest)], "held by the lease")
        },
        ContentCheck("another connection goes on where one stopped") { bench in
            let (bytes, digest) = bench.bytes()
            let one = try bench.subject.leases.createLease(namespace: "one", id: "l", labels: [:], expires: nil).key
            let two = try bench.subject.leases.createLease(namespace: "two", id: "l", labels: [:], expires: nil).key
            let first = try bench.content.writer("r", .init(digest: digest), lease: one)
            try first.write(Array(bytes[..<99]))
            first.close()
            let second = try bench.content.writer("r", .init(digest: digest), lease: two)
            try requireEqual(second.offset, 99, "offset")
            try second.write(Array(bytes[99...]))
            try second.commit(labels: [:])
            try requireEqual(bench.subject.leases.references(to: .blob(digest)), [.lease(two)], "holders")
        },
        ContentCheck("everybody who waited for a blob holds it from its first moment") { bench in
            let (bytes, digest) = bench.bytes()
            let leases = try ["one", "two"].map {
                try bench.subject.leases.createLease(namespace: $0, id: "l", labels: [:], expires: nil).key
            }
            let writer = try bench.content.writer("r", .init(digest: digest), lease: nil)
            try writer.write(bytes)
            try writer.commit(labels: [:], holders: leases + [LeaseKey(namespace: "one", id: "ended")])
            try requireEqual(
                bench.subject.leases.references(to: .blob(digest)), leases.map { .lease($0) }, "holders")
            try bench.subject.leases.deleteLease(leases[0])
            try bench.subject.collect()
            try bench.check(digest, holds: bytes)
        },
        ContentCheck("a lease that is not there is named and nothing is committed") { bench in
            let (bytes, digest) = bench.bytes()
            let none = LeaseKey(namespace: "one", id: "none")
            try requireError(.notFound, mentions: ["none"]) {
                _ = try bench.content.writer("r", .init(digest: digest), lease: none)
            }
            let writer = try bench.content.writer("r", .init(), lease: none)
            try writer.write(bytes)
            try requireError(.notFound, mentions: ["none"]) { try writer.commit(labels: [:]) }
            try requireError(.notFound) { _ = try bench.content.info(digest) }
            let again = try bench.content.writer("r", .init(), lease: nil)
            try requireEqual(again.offset, 256, "bytes of the ingest that stayed")
            try again.commit(labels: [:])
            try bench.check(digest, holds: bytes)
        },
    ]
}
