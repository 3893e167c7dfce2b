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
        breaker.close()
        #expect(!breaker.isOpen)
        #expect(breaker.failures == 0)
        #expect(breaker.lastError == "a", "what went wrong stays known")
    }
}
