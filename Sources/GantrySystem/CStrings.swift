/// Calls `body` with a zero-terminated array of C strings that lives for the call.
func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let size = strings.reduce(0) { $0 + $1.utf8.count + 1 }
    let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: max(1, size))
    defer { bytes.deallocate() }
    var pointers = [UnsafeMutablePointer<CChar>?]()
    pointers.reserveCapacity(strings.count + 1)
    var at = 0
    for string in strings {
        pointers.append(bytes + at)
        for byte in string.utf8 {
            bytes[at] = CChar(bitPattern: byte)
            at += 1
        }
        bytes[at] = 0
        at += 1
    }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
}

func withOptionalCString<Result>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let string else { return body(nil) }
    return string.withCString { body($0) }
}
