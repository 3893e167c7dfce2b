import GantrySystem
import Testing

extension Integration {
    @Suite struct RunTests {
        @Test func standardStreams() throws {
            try withEngine { engine in
                let outcome = try engine.run(
                    ["run", "--rm", "-i", "busybox", "sh", "-c", "cat; echo seen >&2; exit 3"], input: .text("hello\n"))
                #expect(outcome.text == "hello")
                #expect(outcome.errorText == "seen")
                #expect(outcome.status == 3)
            }
        }
    }
}
