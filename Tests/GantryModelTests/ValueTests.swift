import GantryModel
import GantryWire
import Testing

@Suite struct ValueTests {
    @Test(arguments: [
        "1970-01-01T00:00:00Z", "2026-11-23T21:32:12.5Z", "2000-02-29T23:59:59.999999999Z", "1969-12-31T23:59:59.25Z",
        "2261-12-31T23:59:59Z", "1678-01-01T00:00:00.000000001Z", "2024-03-01T00:00:00Z",
    ])
    func timeGoesRound(_ text: String) throws {
        #expect(try Timestamp(text).description == text)
    }

    @Test func timeCountsFrom1970() throws {
        #expect(try Timestamp("2001-09-09T01:46:40Z").nanoseconds == 1_000_000_000_000_000_000)
        #expect(try Timestamp("2001-09-09T03:46:40+02:00").seconds == 1_000_000_000)
        #expect(try Timestamp("2001-09-08t20:16:40.1234567899-05:30").fraction == 123_456_789)
        #expect(Timestamp(nanoseconds: -1).seconds == -1)
        #expect(Timestamp(nanoseconds: .max).adding(seconds: 1).nanoseconds == .max)
        #expect(Timestamp(seconds: 5).adding(seconds: -6).description == "1969-12-31T23:59:59Z")
    }

    @Test(arguments: [
        "", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2023-02-29T00:00:00Z",
    ])
    func refusesTimes(_ text: String) {
        #expect(throws: GantryError.self) { try Timestamp(text) }
    }

    @Test func digests() throws {
        let hex = String(repeating: "0f", count: 64)
        let digest = try Digest("sha512:\(hex)")
        #expect(digest.algorithm == .sha512 && digest.hex == hex && digest.description == "sha512:\(hex)")
        #expect(Digest(.sha256, hash: (0..<32).map { $0 }).hex.hasPrefix("000102030405060708090a0b"))
        for bad in ["", "sha256", "sha256:", "sha256:\(hex)", "sha1:\(hex)", "sha512:" + hex.uppercased()] {
            let error = #expect(throws: GantryError.self) { try Digest(bad) }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test func identifiers() throws {
        var generator = SystemRandomNumberGenerator()
        let id = ContainerID(using: &generator)
        #expect(try ContainerID(id.text) == id && id.short.count == 12 && ContainerID.isPrefix(id.short))
        #expect(!ContainerID.isPrefix("") && !ContainerID.isPrefix("web") && ContainerID.isPrefix("ab"))
        #expect(throws: GantryError.self) { try ContainerID("ab") }
    }

    @Test func names() throws {
        var generator = SystemRandomNumberGenerator()
        var seen: Set<String> = []
        for attempt in 0..<200 {
            let name = ContainerName.random(attempt: attempt % 5, using: &generator)
            try ContainerName.validate(name)
            #expect(name.contains("_"))
            seen.insert(name)
        }
        #expect(seen.count > 150)
        for good in ["ab", "A.b-c_d", "0x"] { try ContainerName.validate(good) }
        for bad in ["", "a", "-ab", "a b", "a/b", "é1", String(repeating: "a", count: 256)] {
            #expect(throws: GantryError.self) { try ContainerName.validate(bad) }
        }
    }

    @Test func platforms() throws {
        let host = Platform.host(machine: "x86_64")
        #expect(host.description == "linux/amd64")
        #expect(Platform.host(machine: "aarch64") == Platform(os: "linux", architecture: "arm64", variant: "v8"))
        #expect(try Platform("arm", host: host).description == "linux/arm/v7")
        #expect(try Platform("linux", host: host) == host)
        #expect(try Platform("linux/arm64/v8", host: host).variant == nil)
        for bad in ["", "a/b/c/d", "linux//x", "li nux"] {
            #expect(throws: GantryError.self) { try Platform(bad, host: host) }
        }
        let arm64 = Platform.host(machine: "aarch64")
        let v7 = Platform(os: "linux", architecture: "arm", variant: "v7")
        let v6 = Platform(os: "linux", architecture: "arm", variant: "v6")
        let ranks = try [#require(arm64.rank(of: arm64)), #require(arm64.rank(of: v7)), #require(arm64.rank(of: v6))]
        #expect(ranks == ranks.sorted() && ranks[0] == 0)
        #expect(v6.rank(of: v7) == nil && v7.rank(of: v6) != nil && host.rank(of: arm64) == nil)
        #expect(host.rank(of: Platform(os: "linux", architecture: "amd64", variant: "v3")) == nil)
        #expect(host.rank(of: Platform(os: "linux", architecture: "386")) != nil)
    }
}
