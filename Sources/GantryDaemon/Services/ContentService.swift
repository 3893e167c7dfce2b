import GantryCore
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire

/// `content.*`: blobs by digest. Their bytes travel on connections of their own.
struct ContentService: Sendable {
    let content: any ContentStore

    var methods: [Method] { [info, list, read, write, status, statuses, abort, update, delete] }

    private static let digest = Field("digest", .string, required: true, "sha256:… or sha512:….")
    private static let ref = Field("ref", .string, required: true, "The ingest's name, chosen by its writer.")

    private func digest(_ call: Call) throws -> Digest { try Digest(try call.string("digest")) }

    private static func json(_ info: BlobInfo) -> JSON {
        [
            "digest": .string(info.digest.description), "size": .int(info.size), "labels": .map(info.labels),
            "created": .string(info.created.description), "updated": .string(info.updated.description),
        ]
    }

    private static func json(_ status: IngestStatus) -> JSON {
        var object: JSONObject = [
            "ref": .string(status.ref), "offset": .int(status.offset), "started": .string(status.started.description),
            "updated": .string(status.updated.description),
        ]
        object.put("total", status.total.map { JSON.int($0) })
        object.put("expected", status.expected?.description)
        return .object(object)
    }

    private var info: Method {
        Method(
            "content.info", "Describes a blob.", params: [Self.digest],
            result: "{digest, size, labels, created, updated}", errors: [.notFound], access: .read
        ) { call in
            Self.json(try content.info(try digest(call)))
        }
    }

    private var list: Method {
        Method(
            "content.list", "Lists blobs.",
            params: [Field("labels", .map(.string), "Only blobs that have these labels.")], item: "As content.info.",
            access: .read, mode: .stream
        ) { call in
            try content.walk(LabelFilter(call.labels().mapValues { $0 })) { try call.send(item: Self.json($0)) }
            return [:]
        }
    }

    private var read: Method {
        Method(
            "content.read", "Sends a blob's bytes.",
            params: [
                Self.digest, Field("offset", .count, "Where to begin; 0 when absent."),
                Field("length", .count, "How many bytes; to the end when absent."),
            ],
            result: "{length}: how many were sent.", errors: [.notFound], access: .guarded, mode: .bulk
        ) { call in
            let reader = try content.reader(try digest(call))
            var offset = call["offset"]?.int ?? 0
            guard offset <= reader.size else {
                throw GantryError(
                    .invalidArgument,
                    "read blob '\(reader.digest)': offset \(offset) is beyond its \(reader.size) bytes")
            }
            let end = min(
                reader.size, call["length"]?.int.map { offset + min($0, reader.size - offset) } ?? reader.size)
            let first = offset
            let connection = try call.openBulk()
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
            defer { buffer.deallocate() }
            while offset < end {
                let wanted = UnsafeMutableRawBufferPointer(
                    rebasing: buffer[0..<Int(min(Int64(buffer.count), end - offset))])
                let count = try reader.read(into: wanted, at: offset)
                if count == 0 {
                    throw GantryError(
                        .dataLoss, "read blob '\(reader.digest)': it ends at \(offset) of \(reader.size) bytes")
                }
                try connection.write(UnsafeRawBufferPointer(rebasing: wanted[0..<count]))
                offset += Int64(count)
            }
            connection.finishWriting()
            return ["length": .int(offset - first)]
        }
    }

    private var write: Method {
        Method(
            "content.write",
            "Takes a blob's bytes, verified as they come; the item before the token's says where to begin.",
            params: [
                Self.ref, Field("digest", .string, "What it must be; taken as it comes when absent."),
                Field("size", .count, "How long it must be."), CommonField.labels,
                Field("offset", .count, "Where the client's bytes begin; must be the ingest's offset. 0 begins anew."),
            ],
            result: "As content.info; already_exists when the blob is here.", item: "{token}",
            errors: [.alreadyExists, .dataLoss, .failedPrecondition, .resourceExhausted, .unavailable], mode: .bulk
        ) { call in
            let expected = BlobExpectation(
                digest: try call.text("digest").map { text throws(GantryError) in try Digest(text) },
                size: call["size"]?.int)
            let lease = call.lease.map { LeaseKey(namespace: call.namespace, id: $0) }
            let writer = try content.writer(try call.string("ref"), expected, lease: lease)
            // Closing keeps the bytes: the next writer of this ref goes on where this one stopped.
            defer { writer.close() }
            let offset = call["offset"]?.int ?? 0
            if offset == 0, writer.offset > 0 { try writer.truncate() }
            guard offset == writer.offset else {
                throw GantryError(
                    .failedPrecondition,
                    "write blob '\(try call.string("ref"))': the ingest stands at \(writer.offset), not at \(offset)")
            }
            let connection = try call.openBulk()
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
            defer { buffer.deallocate() }
            while case let count = try connection.read(into: buffer), count > 0 {
                try writer.write(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
            }
            // An early end is no verdict: with a known size the ingest stays, to be resumed.
            if let size = expected.size, writer.offset < size {
                throw GantryError(
                    .failedPrecondition,
                    "write blob '\(try call.string("ref"))': the bytes end at \(writer.offset) of \(size); write again from there"
                )
            }
            return Self.json(try writer.commit(labels: call.labels()))
        }
    }

    private var status: Method {
        Method(
            "content.status", "Describes an ingest.", params: [Self.ref],
            result: "{ref, offset, total?, expected?, started, updated}", errors: [.notFound], access: .read
        ) { call in
            Self.json(try content.status(try call.string("ref")))
        }
    }

    private var statuses: Method {
        Method("content.statuses", "Lists ingests.", item: "As content.status.", access: .read, mode: .stream) { call in
            for status in try content.statuses() { try call.send(item: Self.json(status)) }
            return [:]
        }
    }

    private var abort: Method {
        Method("content.abort", "Throws an ingest away.", params: [Self.ref], result: "{}", errors: [.notFound]) {
            call in
            try content.abort(try call.string("ref"))
            return [:]
        }
    }

    private var update: Method {
        Method(
            "content.update", "Changes a blob's labels.",
            params: [Self.digest, Field("labels", .object, required: true, "Values to set; null removes.")],
            result: "As content.info.", errors: [.notFound]
        ) { call in
            var changes = LabelChanges()
            for member in call["labels"]?.object?.members ?? [] { changes[member.key] = .some(member.value.string) }
            return Self.json(try content.update(try digest(call), labels: changes))
        }
    }

    private var delete: Method {
        Method(
            "content.delete", "Deletes a blob that nothing needs.", params: [Self.digest], result: "{}",
            errors: [.notFound, .failedPrecondition]
        ) { call in
            try content.delete(try digest(call))
            return [:]
        }
    }
}
