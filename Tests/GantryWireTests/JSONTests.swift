import GantryWire
import Testing

@Suite struct JSONTests {
    @Test func kindsAndAccessors() throws {
        let value = try JSON.parse(
            #" {"s":"x","i":-5,"u":18446744073709551615,"d":1.5,"b":true,"n":null,"a":[1],"o":{}} "#)
        #expect(value["s"]?.string == "x")
        #expect(value["i"]?.int == -5)
        #expect(value["u"]?.uint == .max && value["u"]?.int == nil)
        #expect(value["d"]?.double == 1.5)
        #expect(value["b"]?.bool == true)
        #expect(value["n"] == .some(.null))
        #expect(value["a"]?.array == [1])
        #expect(value["o"]?.object?.isEmpty == true)
        #expect(value["missing"] == nil)
        #expect(value["s"]?["x"] == nil)
    }

    @Test(arguments: [
        ("0", JSON.int(0)), ("-0", .int(0)), ("9223372036854775807", .int(.max)),
        ("-9223372036854775808", .int(.min)), ("9223372036854775808", .uint(1 << 63)),
        ("18446744073709551615", .uint(.max)), ("18446744073709551616", .double(18_446_744_073_709_551_616)),
        ("-9223372036854775809", .double(-0x1p63)), ("1.0", .double(1)), ("1e2", .double(100)),
        ("-1.5E-3", .double(-0.0015)), ("9007199254740993", .int(9_007_199_254_740_993)),
    ])
    func numbers(text: String, value: JSON) throws {
        #expect(try JSON.parse(text) == value)
        #expect(try JSON.parse(value.text) == value)
    }

    @Test(arguments: [
        ("", JSONError.Reason.unexpectedEnd), (" ", .unexpectedEnd), ("{", .unexpectedEnd), ("[1,", .unexpectedEnd),
        ("[1,]", .unexpectedByte), ("{\"a\":1,}", .unexpectedByte), ("{a:1}", .unexpectedByte),
        ("{\"a\" 1}", .unexpectedByte),
        ("01", .invalidNumber), ("-", .unexpectedEnd), ("-a", .invalidNumber), ("1.", .unexpectedEnd),
        ("1.x", .invalidNumber),
        (".5", .unexpectedByte), ("+1", .unexpectedByte), ("1e", .unexpectedEnd), ("1e400", .numberOutOfRange),
        ("NaN", .unexpectedByte), ("nul", .invalidLiteral), ("nulL", .invalidLiteral), ("true false", .trailingBytes),
        ("\"a", .unexpectedEnd), ("\"a\\", .unexpectedEnd), ("\"\\x\"", .invalidEscape), ("\"\\u12\"", .unexpectedEnd),
        ("\"\\u12g4\"", .invalidEscape), ("\"\\ud800\"", .loneSurrogate), ("\"\\ud800\\n\"", .loneSurrogate),
        ("\"\\udc00\"", .loneSurrogate), ("\"\\ud800\\ud800\"", .loneSurrogate), ("\"\u{1}\"", .controlCharacter),
        ("\"x\\n\n\"", .controlCharacter), ("{\"a\":1,\"a\":2}", .duplicateKey),
        ("{\"a\":1,\"\\u0061\":2}", .duplicateKey),
        ("\u{FEFF}1", .unexpectedByte), ("[1 2]", .unexpectedByte), ("'a'", .unexpectedByte), ("// x", .unexpectedByte),
    ])
    func refuses(text: String, reason: JSONError.Reason) {
        #expect { try JSON.parse(text) } throws: { ($0 as? JSONError)?.reason == reason }
    }

    @Test func namesTheOffset() {
        #expect(throws: JSONError(.unexpectedByte, at: 6)) { try JSON.parse(#"{"a": x}"#) }
    }

    @Test func escapesBothWays() throws {
        let text = "\"\\\u{8}\u{c}\n\r\t\u{1}\u{7f}/é€😀"
        #expect(JSON.string(text).text == "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\u{7f}/é€😀\"")
        #expect(try JSON.parse(JSON.string(text).text) == .string(text))
        #expect(try JSON.parse(#""\u00e9\u20AC\ud83d\ude00\/\u0000""#) == .string("é€😀/\u{0}"))
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80], [0xC3], [0xE2, 0x28, 0xA1],
        ] as [[UInt8]])
    func strictUTF8(bad: [UInt8]) {
        for prefix in ["", "é", "\\n"] {
            let bytes = [0x22] + Array(prefix.utf8) + bad + [0x22]
            #expect { try JSON.parse(bytes) } throws: { ($0 as? JSONError)?.reason == .invalidUTF8 }
        }
    }

    @Test func depthIsBounded() throws {
        let most = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(try JSON.parse(most).text == most)
        #expect { try JSON.parse("[" + most + "]") } throws: { ($0 as? JSONError)?.reason == .tooDeep }
        #expect { try JSON.parse(String(repeating: "{\"a\":", count: 100_000)) } throws: {
            ($0 as? JSONError)?.reason == .tooDeep
        }
        // Depth is nesting, not the number of containers.
        let wide = "[" + String(repeating: "[],", count: 1000) + "{}]"
        #expect(try JSON.parse(wide).array?.count == 1001)
    }

    @Test func manyKeysAreLinear() throws {
        let count = 200_000
        let members = (0..<count).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        let start = ContinuousClock.now
        let object = try JSON.parse("{\(members)}").object
        #expect(object?.count == count)
        // Quadratic look-up would need minutes.
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect { try JSON.parse("{\(members),\"key77\":0}") } throws: { ($0 as? JSONError)?.reason == .duplicateKey }
    }

    @Test func objectsKeepOrderAndCompareWithout() throws {
        let object: JSONObject = ["b": 1, "a": 2]
        #expect(JSON.object(object).text == #"{"b":1,"a":2}"#)
        #expect(object == ["a": 2, "b": 1])
        #expect(object != ["a": 2, "c": 1])
        #expect(object != ["a": 2, "b": 3])
        #expect(object != ["a": 2])
    }

    @Test func objectsChange() {
        var object: JSONObject = ["a": 1]
        object["b"] = 2
        object["a"] = 3
        #expect(object == ["a": 3, "b": 2])
        object["a"] = .some(nil)
        #expect(object["a"] == .some(.null))
        object["a"] = Optional<JSON>.none
        #expect(object.count == 1)
        #expect((["x": 1, "x": 2] as JSON).text == #"{"x":2}"#)
    }

    @Test func pretty() {
        let value: JSON = ["a": [1, 2], "e": [:], "f": []]
        #expect(value.pretty(indent: 2) == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"e\": {},\n  \"f\": []\n}")
    }

    @Test func whatIsNotFiniteIsNull() {
        #expect(JSON.double(.infinity).text == "null")
        #expect(JSON.double(.nan).text == "null")
    }

    @Test func integersAreExact() {
        for value in [Int64.min, -1, 0, 9, 10, 99, 1_000_000, .max] { #expect(JSON.int(value).text == String(value)) }
        #expect(JSON.uint(.max).text == String(UInt64.max))
    }
}
