/// The keys that leave a container without ending it, and the watch for them in what is typed.
///
/// The beginning of the sequence is held back until it is complete or broken; what turns out to be no sequence is passed
/// on whole, so that a single ctrl-p still recalls a shell's last line, one key later. Docker does the same.
struct DetachKeys: Equatable {
    /// The sequence, a byte a key; empty never detaches.
    let keys: [UInt8]
    private var matched = 0

    /// Docker's: ctrl-p ctrl-q.
    static let standard = DetachKeys(keys: [0x10, 0x11])

    private init(keys: [UInt8]) { self.keys = keys }

    /// Reads docker's notation: keys separated by commas, each a character, `DEL`, or `ctrl-` and one of `a`…`z @ [ \ ] ^ _`.
    init(_ text: String) throws(Failure) {
        var keys: [UInt8] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) where !text.isEmpty {
            guard let key = Self.key(part) else {
                throw Failure("invalid detach keys '\(text)': unknown key '\(part)'")
            }
            keys.append(key)
        }
        self.keys = keys
    }

    private static func key(_ text: Substring) -> UInt8? {
        let bytes = Array(text.utf8)
        if bytes.count == 1 { return bytes[0] }
        if text == "DEL" { return 127 }
        guard text.lowercased().hasPrefix("ctrl-"), bytes.count == 6 else { return nil }
        switch bytes[5] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "@"), UInt8(ascii: "[")...UInt8(ascii: "_"):
            return bytes[5] & 0x1f
        default: return nil
        }
    }

    /// What of `bytes` is for the container, and whether the sequence is complete: then what follows is dropped.
    mutating func filter(_ bytes: ArraySlice<UInt8>) -> (passed: [UInt8], detached: Bool) {
        if keys.isEmpty { return (Array(bytes), false) }
        var passed: [UInt8] = []
        passed.reserveCapacity(bytes.count)
        for byte in bytes {
            if byte == keys[matched] {
                matched += 1
                if matched == keys.count {
                    matched = 0
                    return (passed, true)
                }
                continue
            }
            passed += keys[..<matched]
            matched = byte == keys[0] && keys.count > 1 ? 1 : 0
            if matched == 0 { passed.append(byte) }
        }
        return (passed, false)
    }
}
