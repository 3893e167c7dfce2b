import GantryModel
import GantryWire

extension RegistryConversation {
    func blob(
        _ descriptor: Descriptor, from offset: Int64, into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let operation = operation("pull blob '\(descriptor.digest)' of '\(repository.familiarRepository)'")
        var retry = Retry(transport)
        var position = offset
        var start = offset
        while position < descriptor.size {
            start = position
            do {
                try fetch(descriptor, &position, sink)
            } catch let failure where failure is TransferFault || failure is RegistryRefusal {
                // A connection that breaks every few seconds is slow, not hopeless.
                if position - start >= Self.progress { retry.reset() }
                do { try retry.wait(after: failure) } catch {
                    throw operation.error(Self.counted(error, position, descriptor.size))
                }
            }
        }
    }

    /// Bytes that an attempt must bring for the next one to be a first.
    private static var progress: Int64 { 1 << 20 }

    /// One attempt at the bytes from `position` on; moves it over those that the sink took.
    private func fetch(
        _ descriptor: Descriptor, _ position: inout Int64, _ sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var answer = BlobAnswer(size: descriptor.size, position: position)
        defer { position = answer.position }
        let headers = position > 0 ? [(name: "Range", value: "bytes=\(position)-")] : []
        let head = try send("blobs/\(descriptor.digest)", headers: headers, isDocument: false) { head in
            try answer.begin(head)
        } body: { piece in
            try answer.take(piece, sink)
        }
        if head.status == 416 { throw BlobAnswer.short(answer.position, descriptor.size) }
        guard head.isSuccess else { throw RegistryRefusal(.blob(descriptor.digest), head) }
        guard answer.position == descriptor.size else { throw BlobAnswer.broken(answer.position, descriptor.size) }
    }

    /// How far it came is what a person wants to know of a transfer that broke off.
    private static func counted(_ error: any Error, _ position: Int64, _ size: Int64) -> any Error {
        guard var fault = error as? TransferFault, fault.mayPass else { return error }
        fault.detail += " (after \(position) of \(size) bytes)"
        return fault
    }
}

/// The answer to a request for a blob or for its end, while it arrives.
private struct BlobAnswer {
    let size: Int64
    /// Of the next byte that the sink needs.
    var position: Int64
    /// Bytes of the answer that the sink has already.
    private var surplus: Int64 = 0

    init(size: Int64, position: Int64) {
        self.size = size
        self.position = position
    }

    /// Looks at what the answer says it is, before its first byte.
    mutating func begin(_ head: HTTPHead) throws {
        surplus = 0
        var length = head["content-length"].flatMap { Int64($0) }
        switch head.status {
        case 200: surplus = position
        case 206:
            // "bytes 100-199/200"
            let range = head["content-range"]?.split(whereSeparator: { " -/".contains($0) }).map(String.init) ?? []
            guard range.count == 4, range[0] == "bytes", let first = Int64(range[1]), first == position else {
                throw Self.refused("it sends another part of the blob than was asked for")
            }
            length = length.map { $0 + first }
        default: throw Self.refused("it answers a request for a blob with status \(head.status)")
        }
        if let length, length > size { throw Self.long(size) }
        if let length, length < size { throw Self.short(length, size) }
    }

    mutating func take(_ piece: UnsafeRawBufferPointer, _ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        var piece = piece
        if surplus > 0 {
            let dropped = min(surplus, Int64(piece.count))
            surplus -= dropped
            piece = UnsafeRawBufferPointer(rebasing: piece[Int(dropped)...])
            if piece.isEmpty { return }
        }
        guard Int64(piece.count) <= size - position else { throw Self.long(size) }
        try sink(piece)
        position += Int64(piece.count)
    }

    /// The end came early, without a word; it may be the connection's fault.
    static func broken(_ position: Int64, _ size: Int64) -> TransferFault {
        TransferFault(kind: .broken, host: "", detail: "the blob ended early")
    }

    static func short(_ length: Int64, _ size: Int64) -> TransferFault {
        refused("its blob has \(length) bytes where the manifest says \(size)")
    }

    private static func long(_ size: Int64) -> TransferFault {
        refused("its blob has more than the \(size) bytes that the manifest says")
    }

    private static func refused(_ detail: String) -> TransferFault {
        TransferFault(kind: .refused(.dataLoss), host: "", detail: detail)
    }
}
