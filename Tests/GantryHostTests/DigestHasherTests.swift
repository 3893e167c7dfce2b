import GantryHost
import GantryModel
import Testing

@Suite struct DigestHasherTests {
    @Test func knownAnswers() {
        #expect(
            Hex.encode(DigestHasher.hash([]))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            Hex.encode(DigestHasher.hash(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Hex.encode(DigestHasher.hash(Array("abc".utf8), .sha512)).hasPrefix("ddaf35a193617abacc417349ae204131"))
    }

    @Test func piecesGiveTheSameAsTheWhole() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        var hasher = DigestHasher(.sha256)
        for start in stride(from: 0, to: 1000, by: 33) {
            let end = min(1000, start + 33)
            bytes[start..<end].withUnsafeBytes { hasher.update($0) }
            #expect(hasher.current() == DigestHasher.hash(Array(bytes[..<end])))
        }
        hasher.update(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(hasher.finish() == DigestHasher.hash(bytes))
    }
}
