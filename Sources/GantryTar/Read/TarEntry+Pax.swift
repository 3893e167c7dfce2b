/// What a pax header says about its entry, beyond the entry's own fields.
struct PaxSparse {
    /// 1.0 keeps its map in front of the data.
    var mapInData = false
    var name: [UInt8]?
    var realSize: Int64?
    var segments: [TarSegment] = []
    var isSparse = false
    /// 0.0 gives offset and length in records of their own.
    var pendingOffset: Int64?
}

extension TarEntry {
    private static let xattrPrefix = Array("SCHILY.xattr.".utf8)

    /// Overrides fields by pax records, in order; unknown keys are ignored as POSIX asks.
    mutating func apply(_ records: PaxRecords, sparse: inout PaxSparse, at offset: Int64) throws(TarError) {
        for record in records.records {
            let value = record.value
            if record.key.starts(with: TarEntry.xattrPrefix) {
                setAttribute(Array(record.key.dropFirst(TarEntry.xattrPrefix.count)), Array(value))
                continue
            }
            // An empty value takes a global header's word back: the ustar field stands.
            if value.isEmpty { continue }
            switch String(decoding: record.key, as: UTF8.self) {
            case "path":
                path = try TarEntry.name(value, at: offset)
            case "linkpath":
                link = try TarEntry.name(value, at: offset)
            case "size":
                size = try TarEntry.number("size", value, at: offset)
            case "uid":
                uid = try TarEntry.owner("uid", value, at: offset)
            case "gid":
                gid = try TarEntry.owner("gid", value, at: offset)
            case "mtime":
                guard let time = TarNumber.time(value) else {
                    throw TarError(.malformed, "pax record 'mtime' is not a time", at: offset)
                }
                modified = time
            case "GNU.sparse.major":
                sparse.isSparse = true
                sparse.mapInData = try TarEntry.number("GNU.sparse.major", value, at: offset) == 1
            case "GNU.sparse.name":
                sparse.name = try TarEntry.name(value, at: offset)
            case "GNU.sparse.realsize", "GNU.sparse.size":
                sparse.isSparse = true
                sparse.realSize = try TarEntry.number("GNU.sparse.realsize", value, at: offset)
            case "GNU.sparse.offset":
                sparse.pendingOffset = try TarEntry.number("GNU.sparse.offset", value, at: offset)
            case "GNU.sparse.numbytes":
                guard let start = sparse.pendingOffset else {
                    throw TarError(.malformed, "sparse map has a length without an offset", at: offset)
                }
                let length = try TarEntry.number("GNU.sparse.numbytes", value, at: offset)
                sparse.segments.append(TarSegment(offset: start, length: length))
                sparse.pendingOffset = nil
            case "GNU.sparse.map":
                sparse.segments = try TarSparse.commaMap(value, at: offset)
            default: break
            }
        }
    }

    private mutating func setAttribute(_ name: [UInt8], _ value: [UInt8]) {
        if name.isEmpty || name.contains(0) { return }
        if let index = attributes.firstIndex(where: { $0.name == name }) {
            attributes[index].value = value
        } else {
            attributes.append(TarAttribute(name: name, value: value))
        }
    }

    /// A path may hold anything but NUL, at which the kernel would cut it: what was checked would not be what is opened.
    private static func name(_ value: ArraySlice<UInt8>, at offset: Int64) throws(TarError) -> [UInt8] {
        if value.contains(0) { throw TarError(.malformed, "pax name holds a NUL", at: offset) }
        return Array(value)
    }

    private static func number(_ key: String, _ value: ArraySlice<UInt8>, at offset: Int64) throws(TarError) -> Int64 {
        guard let number = TarNumber.decimal(value) else {
            throw TarError(.malformed, "pax record '\(key)' is not a number", at: offset)
        }
        return number
    }

    private static func owner(_ key: String, _ value: ArraySlice<UInt8>, at offset: Int64) throws(TarError) -> UInt32 {
        let number = try number(key, value, at: offset)
        guard number < Int64(UInt32.max) else {
            throw TarError(.malformed, "pax record '\(key)' is out of range: \(number)", at: offset)
        }
        return UInt32(number)
    }
}
