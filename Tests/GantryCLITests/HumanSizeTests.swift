import Testing

@testable import GantryCLI

@Suite struct HumanSizeTests {
    static let cases: [(Int64, String)] = [
        (0, "0B"), (1, "1B"), (999, "999B"), (1000, "1kB"), (1049, "1.05kB"), (4096, "4.1kB"), (7_360_000, "7.36MB"),
        (77_840_000, "77.8MB"), (117_000_000, "117MB"), (1_240_000_000, "1.24GB"), (999_600, "1MB"),
        (9_996_000, "10MB"),
        (99_960_000, "100MB"), (10_040_000, "10MB"), (1_004_000, "1MB"), (1_006_000, "1.01MB"), (-5, "0B"),
    ]

    @Test(arguments: cases)
    func asDockerPrintsIt(_ bytes: Int64, _ text: String) {
        #expect(String(describing: HumanSize(bytes: bytes)) == text)
    }

    @Test func theLargestNumberHasAUnit() {
        #expect(String(describing: HumanSize(bytes: .max)) == "9.22EB")
    }
}
