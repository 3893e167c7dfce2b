import GantryModel
import GantryWire
import Testing

@testable import GantryCLI

@Suite struct HumanDurationTests {
    static let cases: [(Int64, String)] = [
        (-3, "Less than a second"), (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"),
        (60, "About a minute"), (119, "About a minute"), (120, "2 minutes"), (3599, "59 minutes"),
        (3600, "About an hour"), (5399, "About an hour"), (5400, "2 hours"), (169200, "47 hours"),
        (172800, "2 days"), (1_123_200, "13 days"), (1_209_600, "2 weeks"), (5_097_600, "8 weeks"),
        (5_184_000, "2 months"), (62_985_600, "24 months"), (63_072_000, "2 years"),
    ]

    @Test(arguments: cases)
    func asDockerPrintsIt(_ seconds: Int64, _ text: String) {
        #expect(String(describing: HumanDuration(seconds: seconds)) == text)
    }

    @Test func aMomentIsSeenFromNow() throws {
        let ago = Ago(now: try Timestamp("2026-11-23T12:00:00Z"))
        #expect(ago.ago("2026-11-23T11:58:00.5Z") == "2 minutes ago")
        #expect(ago.ago("not a time") == "N/A")
        #expect(ago.ago(nil) == "N/A")
        #expect(Ago.date("2026-11-23T11:58:00.5Z") == "2026-11-23 11:58:00 +0000 UTC")
    }
}
