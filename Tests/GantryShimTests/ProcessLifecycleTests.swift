import GantrySystem
import Testing

@testable import GantryShim

/// The container as its shim sees it, whatever the order of events.
struct ProcessLifecycleTests {
    @Test func aPlainRun() {
        var lifecycle = ProcessLifecycle()
        lifecycle.start(runtime: 10)
        #expect(lifecycle.reaped(10, .exited(0)) == .runtimeFinished(.exited(0)))
        #expect(lifecycle.started(11) == nil)
        #expect(lifecycle.reaped(12, .exited(1)) == .other)
        #expect(lifecycle.reaped(11, .exited(3)) == .processEnded(.exited(3)))
        lifecycle.drained()
        #expect(lifecycle.state == .ended)
    }

    @Test func anExitThatComesBeforeThePidIsKnownIsNotLost() {
        var lifecycle = ProcessLifecycle()
        lifecycle.start(runtime: 10)
        #expect(lifecycle.reaped(11, .signalled(9, dumped: false)) == .other)
        #expect(lifecycle.reaped(10, .exited(0)) == .runtimeFinished(.exited(0)))
        #expect(lifecycle.started(11) == .signalled(9, dumped: false))
        #expect(lifecycle.state == .draining(.signalled(9, dumped: false)))
    }

    @Test func aFailedStartMayBeTriedAgain() {
        var lifecycle = ProcessLifecycle()
        lifecycle.start(runtime: 10)
        #expect(lifecycle.reaped(10, .exited(1)) == .runtimeFinished(.exited(1)))
        lifecycle.failed()
        lifecycle.start(runtime: 20)
        #expect(lifecycle.reaped(20, .exited(0)) == .runtimeFinished(.exited(0)))
        #expect(lifecycle.started(21) == nil)
    }

    /// Grandchildren end at any time around the container; exactly one end is the container's.
    @Test(arguments: 0..<50)
    func whateverTheOrderTheContainerEndsOnce(_ seed: Int) {
        var generator = Generator(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
        var lifecycle = ProcessLifecycle()
        lifecycle.start(runtime: 1)
        // The runtime is 1, the container 2, the others orphans; only what the runtime left can end after it.
        let order = (1...8).map { Int32($0) }.shuffled(using: &generator)
        var ends = 0
        for pid in order {
            switch lifecycle.reaped(pid, .exited(pid)) {
            case .runtimeFinished:
                if lifecycle.started(2) == .exited(2) { ends += 1 }
            case .processEnded(let status):
                #expect(status == .exited(2))
                ends += 1
            case .other: break
            }
        }
        #expect(ends == 1)
        #expect(lifecycle.state == .draining(.exited(2)))
    }

    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }
}
