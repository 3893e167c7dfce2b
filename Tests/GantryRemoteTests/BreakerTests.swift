import GantryRemote
import Testing

@Suite struct BreakerTests {
    @Test func opensAfterFailuresInARow() {
        var breaker = Breaker(threshold: 3)
        let opened1 = breaker.failed("a", at: 1)
        #expect(!opened1)
        let opened2 = breaker.failed("b", at: 2)
        #expect(!opened2)
        breaker.succeeded()
        let opened3 = breaker.failed("c", at: 3)
        #expect(!opened3)
        let opened4 = breaker.failed("d", at: 4)
        #expect(!opened4)
        let opened5 = breaker.failed("e", at: 5)
        #expect(opened5)
        #expect(breaker.isOpen)
        #expect(breaker.openSince == 5)
        #expect(breaker.lastError == "e")
        // It opens once: whoever is told starts to look after it.
        let opened6 = breaker.failed("f", at: 6)
        #expect(!opened6)
    }

    @Test func aLateAnswerDoesNotCloseIt() {
        var breaker = Breaker(threshold: 1)
        let opened7 = breaker.failed("a", at: 1)
        #expect(opened7)
        breaker.succeeded()
        #expect(breaker.isOpen)
        _ = breaker.failed("away", at: 2, probe: true)
        breaker.probed(at: 3)
        #expect(!breaker.isOpen)
        #expect(breaker.lastError == "away", "what went wrong stays known")
        breaker.succeeded()
        #expect(breaker.failures == 0)
    }

    /// It says that it is there and does nothing: each try costs one call, and tries become rare.
    @Test func answersToProbesAloneLetFewCallsThrough() {
        let second: Int64 = 1_000_000_000
        var breaker = Breaker(threshold: 3)
        for time in 1...3 { _ = breaker.failed("silent", at: Int64(time)) }
        var now: Int64 = 3
        for hold in [5, 10, 20, 40, 60, 60] as [Int64] {
            breaker.probed(at: now + hold * second - 1)
            #expect(breaker.isOpen, "\(hold)")
            now += hold * second
            breaker.probed(at: now)
            #expect(!breaker.isOpen, "\(hold)")
            let opened = breaker.failed("silent again", at: now)
            #expect(opened, "one call is enough")
        }
        breaker.reset()
        #expect(!breaker.isOpen)
        // A call that is answered makes it as good as new.
        for time in 1...3 { _ = breaker.failed("silent", at: Int64(time)) }
        breaker.probed(at: 3 + 5 * second)
        breaker.succeeded()
        let opened = breaker.failed("once", at: 4)
        #expect(!opened)
    }
}
