import GantryModel
import GantryWire
import Testing

/// What people type for times, lengths of time, sizes and patterns.
@Suite struct ArgumentTextTests {
    @Test(
        arguments: [
            ("10m", 600_000_000_000), ("1h30m", 5_400_000_000_000), ("1.5h", 5_400_000_000_000), ("300ms", 300_000_000),
            ("-2s", -2_000_000_000), ("+1s", 1_000_000_000), ("0", 0), (".5s", 500_000_000), ("1.s", 1_000_000_000),
            ("1us", 1000), ("1µs", 1000), ("7ns", 7), ("1h0m0.000000001s", 3_600_000_000_001),
            ("2540400h", 9_145_440_000_000_000_000),
        ] as [(String, Int64)])
    func lengthsOfTime(_ text: String, _ nanoseconds: Int64) {
        #expect(GoDuration.nanoseconds(text) == nanoseconds)
    }

    @Test(arguments: [
        "", "-", "m", "10", "1d", "1h 30m", "1h30", ".s", "1..5s", "2562048h", "99999999999999999999s", "1m-1s", "٣s",
        "1ħ",
    ])
    func noLengthsOfTime(_ text: String) { #expect(GoDuration.nanoseconds(text) == nil) }

    @Test(
        arguments: [
            ("0", 0), ("64m", 64 << 20), ("64M", 64 << 20), ("1g", 1 << 30), ("1.5GiB", 3 << 29), ("4096", 4096),
            ("12b", 12), ("512kb", 512 << 10), ("2 k", 2048), ("1t", 1 << 40), ("1P", 1 << 50),
        ] as [(String, Int64)])
    func sizes(_ text: String, _ bytes: Int64) { #expect(ByteCount.bytes(text) == bytes) }

    @Test(arguments: [
        "", "m", "-1", "1x", "1mm", "1ibm", "1bb", "1  k", "9223372036854775808", "9000000p", "k1", "1e3", ".5m",
    ])
    func noSizes(_ text: String) { #expect(ByteCount.bytes(text) == nil) }

    @Test(arguments: [
        ("10m", "2026-01-31T11:50:00Z"), ("-1s", "2026-01-31T12:00:01Z"), ("1136073600", "2006-01-01T00:00:00Z"),
        ("1136073600.000000001", "2006-01-01T00:00:00.000000001Z"), ("0", "1970-01-01T00:00:00Z"),
        ("2026-01-02T03:04:05.5Z", "2026-01-02T03:04:05.5Z"), ("2026-01-02", "2026-01-02T00:00:00Z"),
        ("2026-01-02T03", "2026-01-02T03:00:00Z"), ("2026-01-02T03:04", "2026-01-02T03:04:00Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05Z"), ("2026-01-02T03:04:05.25", "2026-01-02T03:04:05.25Z"),
        ("2026-01-02T03:04+01:00", "2026-01-02T02:04:00Z"), ("2026-01-02Z", "2026-01-02T00:00:00Z"),
        ("2026-01-02-02:00", "2026-01-02T02:00:00Z"),
    ])
    func moments(_ text: String, _ expected: String) throws {
        let now = try Timestamp("2026-01-31T12:00:00Z")
        #expect(try Timestamp(argument: text, now: now).description == expected)
    }

    @Test(arguments: [
        "", "yesterday", "2026-13-01", "2026-01-02T", "2026-01-02T3", "12:00", "1e9", "10 m", "-",
        "2026-01-02T03:04:05+1", "99999999999999999999",
    ])
    func noMoments(_ text: String) throws {
        let now = try Timestamp("2026-01-31T12:00:00Z")
        let error = #expect(throws: GantryError.self) { try Timestamp(argument: text, now: now) }
        #expect(error?.message.contains("'\(text)'") == true)
    }

    @Test(arguments: [
        ("web", "my-web-1", true), ("^web$", "web", true), ("^web$", "web2", false), ("^/web", "web", false),
        ("w.b", "wob", true), ("a|b", "xbx", true), ("^(?:a|b)+$", "abba", true), ("^(?:a|b)+$", "abca", false),
        ("[a-c]x", "bx", true), ("[^a-c]x", "bx", false), (#"^\d+$"#, "123", true), (#"^\w+\.\w+$"#, "a_1.b", true),
        (#"[\d-]"#, "-", true), ("ab?c", "ac", true), ("ab*c", "abbbc", true), ("", "anything", true), ("^$", "", true),
        ("[]x]", "]", true), ("(a*)*$", "aaaab", true), ("é+", "caféé", true), (#"\D"#, "12", false),
        ("a|", "zz", true),
    ])
    func patterns(_ pattern: String, _ text: String, _ matches: Bool) throws {
        #expect(try Pattern(pattern).matches(text) == matches)
    }

    @Test(arguments: [")", "[a", "[]", "*", "a**", "a{2}", "\\", #"\q"#, "(?i)a", "[z-a]", "(a", #"[\D]"#, #"\1"#])
    func noPatterns(_ pattern: String) {
        let error = #expect(throws: GantryError.self) { try Pattern(pattern) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func aPatternTakesTimeInProportion() throws {
        // Twenty-eight nested choices would keep a matcher that goes back busy for minutes.
        let pattern = try Pattern("^(a|a)*(a|a)*(a|a)*(a|a)*b$")
        let clock = ContinuousClock()
        let time = clock.measure { #expect(!pattern.matches(String(repeating: "a", count: 4000))) }
        #expect(time < .seconds(5))
        #expect(throws: GantryError.self) { try Pattern(String(repeating: "a", count: 5000)) }
        #expect(throws: GantryError.self) { try Pattern(String(repeating: "(", count: 500)) }
    }
}
