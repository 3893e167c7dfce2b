import GantrySystem
import Testing

extension Integration {
    /// What goes in and out of a foreground container, byte for byte.
    @Suite struct RunStreamTests {
        @Test func streamsStayApart() throws {
            try withEngine { (engine: Engine) throws in
                let outcome = try engine.run(
                    ["run", "--rm", "-i", "busybox", "sh", "-c", "cat; echo seen >&2; exit 3"], input: .text("hello\n"))
                #expect(outcome.text == "hello")
                #expect(outcome.errorText == "seen")
                #expect(outcome.status == 3)
            }
        }

        @Test func withoutMinusITheContainerReadsNothing() throws {
            try withEngine { (engine: Engine) throws in
                let outcome = try engine.run(["run", "--rm", "busybox", "cat"], input: .text("not for it"))
                #expect(outcome.output == [])
                #expect(outcome.status == 0)
            }
        }

        @Test func fiftyMegabytesThroughCatAreTheSame() throws {
            try withEngine { (engine: Engine) throws in
                let outcome = try engine.shell(
                    """
                    set -o pipefail; cd '\(engine.scratch)'
                    head -c 50000000 /dev/urandom >random
                    gantry run --rm -i busybox cat <random | cmp - random && stat -c %s random
                    """, seconds: 120)
                #expect(outcome.text == "50000000", "\(outcome.errorText)")
                #expect(outcome.status == 0)
            }
        }

        @Test func theEndOfOutputIsNotLost() throws {
            try withEngine { (engine: Engine) throws in
                for _ in 0..<10 {
                    let outcome = try engine.run(
                        ["run", "--rm", "busybox", "sh", "-c", "head -c 300000 /dev/zero; printf end; exit 4"])
                    #expect(outcome.output.count == 300_003)
                    #expect(outcome.output.suffix(3) == Array("end".utf8)[...])
                    #expect(outcome.status == 4)
                }
            }
        }

        @Test func aReaderThatLeavesEndsItQuietly() throws {
            try withEngine { (engine: Engine) throws in
                let outcome = try engine.shell("gantry run --rm busybox seq 1 10000000 | head -n 2", seconds: 30)
                #expect(outcome.lines == ["1", "2"])
                #expect(outcome.errorText == "")
            }
        }

        @Test func inputThatStaysOpenDoesNotHoldTheEnd() throws {
            try withEngine { (engine: Engine) throws in
                let program = try engine.begin(["run", "--rm", "-i", "busybox", "head", "-n", "1"], input: .held)
                try program.type("first\n")
                let outcome = try program.wait()
                #expect(outcome.text == "first")
                #expect(outcome.status == 0)
            }
        }

        @Test func anAnswerComesBeforeTheNextQuestion() throws {
            try withEngine { (engine: Engine) throws in
                let program = try engine.begin(
                    ["run", "--rm", "-i", "busybox", "sh", "-c", "while read word; do echo \"<$word>\"; done"],
                    input: .held)
                for word in ["one", "two", "three"] {
                    try program.type(word + "\n")
                    try program.waitForOutput("<\(word)>")
                }
                program.finishInput()
                #expect(try program.wait().status == 0)
            }
        }

        @Test func everySignalThatDockerPassesOn() throws {
            try withEngine { (engine: Engine) throws in
                for (signal, name) in [(1, "HUP"), (2, "INT"), (3, "QUIT"), (10, "USR1"), (12, "USR2"), (15, "TERM")] {
                    let client = try engine.begin([
                        "run", "--rm", "busybox", "sh", "-c",
                        "trap 'echo \(name); exit 0' \(name); echo ready; while :; do sleep 0.1; done",
                    ])
                    try client.waitForOutput("ready")
                    try client.signal(Int32(signal))
                    #expect(try client.wait().lines == ["ready", name])
                }
            }
        }
    }
}
