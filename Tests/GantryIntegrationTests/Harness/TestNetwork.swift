import GantrySystem
import Synchronization

/// A network between a daemon and a registry: it counts, stops, breaks and heals. See `network.py` of the fixture.
final class TestNetwork: Sendable {
    /// What it says of itself.
    struct Count: Sendable {
        /// Bytes that the registry's side has sent to clients.
        var served: Int64
        /// Clients that are connected.
        var connections: Int
    }

    private let program: Program
    private let answers = Mutex(0)
    /// `127.0.0.1:PORT`, as references name it.
    let address: String

    init(to registry: String) throws {
        let script = Images.package + "/Tests/RegistryFixture/Resources/network.py"
        program = try Program(
            "/usr/bin/python3", [script, registry], environment: ["PYTHONDONTWRITEBYTECODE=1"], input: .held)
        try program.waitForOutput("\n")
        address = "127.0.0.1:" + program.outputSoFar.filter(\.isNumber)
    }

    deinit { program.finishInput() }

    /// Lets so many bytes through from now on, and then nothing.
    @discardableResult
    func hold(_ bytes: Int64) throws -> Count { try ask("hold \(bytes)") }

    /// Lets everything through.
    @discardableResult
    func release() throws -> Count { try ask("release") }

    /// The network is gone.
    func cut() throws { _ = try ask("cut") }
    func heal() throws { _ = try ask("heal") }

    func count() throws -> Count { try ask("count") }

    private func ask(_ command: String) throws -> Count {
        try answers.withLock { answered in
            answered += 1
            try program.type(command + "\n")
            var lines: [String] = []
            for _ in 0..<1000 {
                lines = program.outputSoFar.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                // The port, the answers, and what follows the last line end.
                if lines.count >= answered + 2 { break }
                Clock.sleep(milliseconds: 5)
            }
            guard lines.count >= answered + 2, lines[answered].hasPrefix("ok ") else {
                throw Machine.Missing(description: "the network does not answer '\(command)': \(lines)")
            }
            let words = lines[answered].split(separator: " ")
            return Count(served: Int64(words[1]) ?? 0, connections: Int(words[2]) ?? 0)
        }
    }
}
