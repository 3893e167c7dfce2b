import GantryCore
import GantryDiff
import GantryHost
import GantryModel
import GantrySystem
import GantryWire
import Testing

/// Compression, damage, limits and full disks.
@Suite struct FaultTests {
    private func sample() -> [UInt8] {
        var tar = TarWriter()
        for number in 0..<50 {
            tar.add("f\(number)", data: (0..<997).map { UInt8(truncatingIfNeeded: $0 * number) })
        }
        return tar.finished()
    }

    private func error(_ body: () throws -> Void) -> GantryError? {
        do { try body() } catch { return error as? GantryError }
        return nil
    }

    @Test(arguments: [1, 100, 1 << 20]) func gzipInPieces(_ piece: Int) throws {
        let bench = try Bench()
        let packed = try Tool.filter("gzip", ["-c"], sample())
        let options = LayerOptions(mediaType: .ociLayerGzip, hashesSource: true)
        let layer = try bench.layer(packed, options: options, piece: piece)
        #expect(layer.diffID == Digest(.sha256, hash: DigestHasher.hash(sample())))
        #expect(layer.sourceDigest == Digest(.sha256, hash: DigestHasher.hash(packed)))
        #expect(layer.sourceSize == Int64(packed.count) && layer.size == Int64(sample().count))
        #expect(try Directory.list(bench.top).count == 50)
    }

    @Test(arguments: [1, 3, 1000]) func gzipOfSeveralMembersAndPadding(_ piece: Int) throws {
        let bytes = sample()
        var packed: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 7000) {
            packed += try Tool.filter("gzip", ["-c"], Array(bytes[start..<min(start + 7000, bytes.count)]))
        }
        let bench = try Bench()
        #expect(try bench.layer(packed, piece: piece).size == Int64(bytes.count))
        #expect(try bench.layer(packed + [UInt8](repeating: 0, count: 700), piece: piece).size == Int64(bytes.count))
        #expect(error { try bench.layer(packed + [1, 2, 3], piece: piece) }?.code == .dataLoss)
    }

    @Test func everyKindOfGzipDamageIsNoticed() throws {
        let packed = try Tool.filter("gzip", ["-c"], sample())
        let bench = try Bench()
        for cut in [3, 11, packed.count / 2, packed.count - 9, packed.count - 1] {
            let error = error { try bench.layer(Array(packed[..<cut])) }
            #expect(error?.code == .dataLoss, "cut at \(cut): \(String(describing: error))")
        }
        for index in [packed.count - 8, packed.count - 3, packed.count / 2] {
            var bad = packed
            bad[index] ^= 0x55
            #expect(error { try bench.layer(bad) }?.code == .dataLoss, "changed at \(index)")
        }
    }

    @Test(.enabled(if: Tool.exists("zstd"))) func zstd() throws {
        let packed = try Tool.filter("zstd", ["-c", "-q"], sample())
        let bench = try Bench()
        let layer = try bench.layer(packed, options: LayerOptions(mediaType: .ociLayerZstd), piece: 100)
        #expect(layer.size == Int64(sample().count))
        #expect(try bench.layer(packed + packed.prefix(0)).diffID == layer.diffID)
        #expect(error { try bench.layer(Array(packed.dropLast(5))) }?.code == .dataLoss)
    }

    @Test(
        arguments: [
            ("xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0, 4]),
            ("bzip2", [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]),
        ] as [(String, [UInt8])])
    func compressionsOfOthersAreToldByName(_ name: String, _ head: [UInt8]) throws {
        let refused = error { try Bench().layer(head + sample(), piece: 3) }
        #expect(refused?.code == .unimplemented)
        #expect(refused?.message.contains("\(name) is not supported") == true)
    }

    @Test func theMediaTypeMustAgree() throws {
        let packed = try Tool.filter("gzip", ["-c"], sample())
        let bench = try Bench()
        let wrong = error { try bench.layer(packed, options: LayerOptions(mediaType: .ociLayer)) }
        #expect(wrong?.code == .invalidArgument && wrong?.message.contains("gzip") == true)
        #expect(error { try bench.layer(sample(), options: LayerOptions(mediaType: .ociLayerZstd)) } != nil)
        #expect(error { try bench.layer(sample(), options: LayerOptions(mediaType: .dockerLayer)) } == nil)
    }

    @Test func truncatedArchivesAreDataLoss() throws {
        let bytes = sample()
        for cut in [100, 700, 1537, 20_000] {
            let error = error { try Bench().layer(Array(bytes[..<cut])) }
            #expect(error?.code == .dataLoss && error?.message.contains("ends inside") == true)
        }
        #expect(error { try Bench().layer([UInt8]("this is no archive".utf8)) }?.code == .dataLoss)
        let noise = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7919) }
        #expect(error { try Bench().layer(noise) }?.code == .dataLoss)
    }

    @Test func theLimitIsNamed() throws {
        let options = LayerOptions(unpackedLimit: 10_000, name: "layer 'abc'")
        let packed = try Tool.filter("gzip", ["-c"], [UInt8](repeating: 0, count: 50_000_000))
        for bytes in [sample(), packed] {
            let error = error { try Bench().layer(bytes, options: options) }
            #expect(error?.code == .resourceExhausted)
            #expect(error?.message.contains("10000 bytes") == true && error?.message.contains("'abc'") == true)
        }
    }

    @Test func aFullDiskIsSaid() throws {
        let bench = try Bench()
        let place = bench.root + "/small"
        try Path.makeDirectory(place)
        try Mounts.mount("tmpfs", at: place, type: "tmpfs", options: "size=64k")
        defer { try? Mounts.unmount(place, detach: true) }
        var tar = TarWriter()
        tar.add("big", data: [UInt8](repeating: 1, count: 1 << 20))
        let target = LayerTarget(directory: place, style: .plain)
        let error = error {
            _ = try DiskLayerApplier().apply(MemorySource(tar.finished()), to: target, options: LayerOptions())
        }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message.contains("'big'") == true && error?.message.contains("no space left") == true)
    }

    @Test func theSourcesErrorIsTheAnswer() throws {
        final class Failing: ByteSource {
            func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
                throw GantryError(.unavailable, "read 'blob': the line is dead")
            }
        }
        let bench = try Bench()
        let target = LayerTarget(directory: bench.root, style: .plain)
        let error = error { _ = try DiskLayerApplier().apply(Failing(), to: target, options: LayerOptions()) }
        #expect(error?.code == .unavailable)
    }

    @Test func theProcessKeepsItsUmask() throws {
        let before = Path.setCreationMask(0o027)
        defer { Path.setCreationMask(before) }
        let bench = try Bench()
        try bench.layer { tar in tar.file("f", "f", mode: 0o666) }
        #expect(try FileStatus.of(bench.top + "/f").permissions == 0o666)
        #expect(Path.setCreationMask(0o027) == 0o027)
    }
}
