import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// Carries one transfer out: asks the registry, writes the ingest, and has the last word over the bytes.
///
/// Used from one thread. Connections that break are the registry's business (`RegistrySource`); bytes are this one's.
final class TransferRun {
    private let transfer: Transfer
    private let content: any ContentStore
    private let source: any RegistrySource

    init(_ transfer: Transfer, content: any ContentStore, source: any RegistrySource) {
        self.transfer = transfer
        self.content = content
        self.source = source
    }

    private var descriptor: Descriptor { transfer.descriptor }
    /// The size is part of it: two manifests may tell different ones of the same digest.
    private var ref: String { "pull-\(descriptor.digest)-\(descriptor.size)" }

    /// Returns when the transfer has ended, in whatever way; its outcome is told to all who wait.
    func run() {
        do {
            // A power cut may have damaged what an earlier transfer left: then all bytes come anew, once.
            guard let outcome = try attempt() ?? attempt() else {
                throw GantryError(.dataLoss, "fetch blob '\(descriptor.digest)': its bytes changed on the disk")
            }
            transfer.end(outcome)
        } catch {
            transfer.end(.failed(ImagePuller.describe(error)))
        }
    }

    /// Nil when the bytes that were there at the beginning were wrong; they are gone then.
    private func attempt() throws -> Transfer.Outcome? {
        let writer: any BlobWriter
        do {
            writer = try content.writer(ref, BlobExpectation(descriptor), lease: nil)
        } catch let error as GantryError where error.code == .alreadyExists {
            return .elsewhere
        }
        defer { writer.close() }
        let resumed = writer.offset
        let sink = IngestSink(writer, transfer)
        transfer.began(try writer.follow(), available: resumed)
        do {
            try source.blob(descriptor, from: resumed) { try sink.take($0) }
            try sink.flush()
            guard writer.offset == descriptor.size else {
                throw GantryError(
                    .dataLoss,
                    "fetch blob '\(descriptor.digest)': it ended after \(writer.offset) of \(descriptor.size) bytes")
            }
        } catch {
            // What came before a connection broke is kept; of a registry that sends too much or too little, nothing is.
            let isWrong = (error as? GantryError)?.code == .dataLoss
            if !isWrong { try? sink.flush() }
            if isWrong || writer.offset == 0 { drop(writer) }
            throw error
        }
        return try commit(writer, resumed: resumed > 0)
    }

    private func commit(_ writer: any BlobWriter, resumed: Bool) throws -> Transfer.Outcome? {
        transfer.completed()
        do {
            try writer.commit(labels: [:], holders: transfer.holders())
            return .stored
        } catch let error as GantryError where error.code == .alreadyExists {
            return .elsewhere
        } catch let error as GantryError where error.code == .dataLoss && resumed {
            return transfer.restart(because: error.message) ? nil : .failed(error)
        }
    }

    /// Throws wrong bytes away: the next transfer begins at 0.
    private func drop(_ writer: any BlobWriter) {
        writer.close()
        try? content.abort(ref)
    }
}

/// Writes what comes into an ingest and tells the transfer how far it is.
///
/// Bytes are gathered to larger writes: a system call, a hash and a wake-up for each piece of a few kilobytes would cost
/// more than copying them once.
private final class IngestSink {
    private static let capacity = 256 << 10
    /// A slow registry's bytes are passed on after so many nanoseconds at the latest.
    private static let patience: Int64 = 50_000_000

    private let writer: any BlobWriter
    private let transfer: Transfer
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: IngestSink.capacity, alignment: 4096)
    private var count = 0
    private var written = Clock.monotonic

    init(_ writer: any BlobWriter, _ transfer: Transfer) {
        self.writer = writer
        self.transfer = transfer
    }

    deinit { buffer.deallocate() }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        if transfer.isAbandoned {
            throw GantryError(.cancelled, "fetch blob '\(transfer.descriptor.digest)': not wanted any more")
        }
        guard writer.offset + Int64(count + bytes.count) <= transfer.descriptor.size else {
            throw GantryError(
                .dataLoss,
                "fetch blob '\(transfer.descriptor.digest)': more than the \(transfer.descriptor.size) bytes it should have"
            )
        }
        if count + bytes.count > buffer.count { try flush() }
        if bytes.count >= buffer.count {
            try write(bytes)
        } else {
            UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyMemory(from: bytes)
            count += bytes.count
            if Clock.monotonic - written > Self.patience { try flush() }
        }
    }

    /// Writes what was gathered.
    func flush() throws {
        guard count > 0 else { return }
        let gathered = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        count = 0
        try write(gathered)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws {
        try writer.write(bytes)
        written = Clock.monotonic
        transfer.grew(to: writer.offset)
    }
}
