// What parses is written and parsed again: the value must be the same, and the text must not change any more.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: data, count: count)
    guard let value = try? JSON.parse(input) else { return 0 }
    precondition(UTF8Check.firstInvalid(input) == nil, "a value out of invalid UTF-8")
    let text = value.encoded()
    guard let again = try? JSON.parse(text) else { fatalError("what was written does not parse") }
    precondition(again == value, "the value changed")
    precondition(again.encoded() == text, "the text changed")
    guard let pretty = try? JSON.parse(Array(value.pretty().utf8)) else { fatalError("pretty text does not parse") }
    precondition(pretty == value, "the value changed in pretty text")
    if case .object(let object) = value, let envelope = try? Envelope(object) {
        guard let frame = try? JSON.parse(Array(envelope.frame().dropFirst(4))), case .object(let object) = frame else {
            fatalError("an envelope that does not parse")
        }
        precondition((try? Envelope(object)) == envelope, "the envelope changed")
    }
    return 0
}
