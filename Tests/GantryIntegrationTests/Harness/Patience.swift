import GantrySystem

/// How long tests wait before they give up, on a machine that may be slow: in `make test-vm` a process takes ten times as
/// long as here. Only limits are stretched by it; whoever waits for something goes on as soon as it is there.
enum Patience {
    /// GANTRY_TEST_PATIENCE, a whole number; 1 when it is not set.
    static let factor: Int64 = Host.variable("GANTRY_TEST_PATIENCE").flatMap { Int64($0) }.map { max(1, $0) } ?? 1

    /// The milliseconds that so many seconds of a usual machine are here.
    static func milliseconds(_ seconds: Int64) -> Int64 { seconds * 1000 * factor }
}
