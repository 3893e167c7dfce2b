/// The records of a pax extended header: `length key=value\n`, repeated.
///
/// Source: POSIX.1-2017 pax, "pax Header Block" and "pax Extended Header".
struct PaxRecords: Sendable {
    struct Record: Sendable {
        var key: [UInt8]
        /// Empty means: forget what a global header said.
        var value: ArraySlice<UInt8>
    }

    private(set) var records: [Record] = []

    init() {}

    /// - Throws: `TarError` when a length does not lead to a newline or a key is missing.
    init(parsing bytes: [UInt8], at offset: Int64) throws(TarError) {
        var start = 0
        while start < bytes.count {
            // Some writers fill up with NULs.
            if bytes[start] == 0 { break }
            guard let blank = bytes[start...].firstIndex(of: 0x20), blank - start <= 12,
                let length = TarNumber.decimal(bytes[start..<blank]),
                length <= Int64(bytes.count - start), start + Int(length) > blank + 1
            else { throw TarError(.malformed, "pax record has a wrong length", at: offset) }
            let end = start + Int(length)
            guard bytes[end - 1] == 0x0a, let equals = bytes[(blank + 1)..<end].firstIndex(of: 0x3d), equals > blank + 1
            else { throw TarError(.malformed, "pax record is not 'key=value'", at: offset) }
            records.append(Record(key: Array(bytes[(blank + 1)..<equals]), value: bytes[(equals + 1)..<(end - 1)]))
            start = end
        }
    }

    var isEmpty: Bool { records.isEmpty }

    /// Those that a more particular header does not speak of: an empty value there takes a global one back.
    func without(_ others: PaxRecords) -> PaxRecords {
        var rest = self
        rest.records.removeAll { record in others.records.contains { $0.key == record.key } }
        return rest
    }

    /// Takes over the records of a later global header.
    mutating func merge(_ later: PaxRecords) {
        self = without(later)
        records.append(contentsOf: later.records)
    }
}
