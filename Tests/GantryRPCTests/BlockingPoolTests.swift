import GantryHost
import GantrySystem
import Synchronization
import Testing

@Suite struct BlockingPoolTests {
    @Test func runsAndThrows() throws {
        struct Bad: Error {}
        let pool = BlockingPool("t", threads: 2, queue: 4)
        #expect(try pool.run { 7 } == 7)
        #expect(throws: Bad.self) { try pool.run { throw Bad() } }
        #expect(pool.close(milliseconds: 5000))
        #expect(throws: BlockingPool.Refusal.closed) { try pool.submit {} }
    }

    @Test func boundsThreadsAndQueue() throws {
        let pool = BlockingPool("t", threads: 2, queue: 3)
        let gate = Monitor(false)
        let ran = Monitor(0)
        let job: @Sendable () -> Void = {
            _ = gate.wait { $0 ? true : nil }
            ran.with { $0 += 1 }
        }
        for _ in 0..<5 { try pool.submit(job) }
        #expect(throws: BlockingPool.Refusal.full) { try pool.submit(job) }
        #expect(pool.load.threads == 2)
        gate.with { $0 = true }
        gate.wakeAll()
        #expect(pool.close(milliseconds: 5000), "what was taken is done")
        #expect(ran.with { $0 } == 5)
    }

    @Test func aQueuedJobCanBeCancelled() throws {
        let pool = BlockingPool("t", threads: 1, queue: 1)
        let gate = Monitor(false)
        let ran = Monitor(0)
        let first = try pool.submit { _ = gate.wait { $0 ? true : nil } }
        #expect(eventually { pool.load.queued == 0 })
        let second = try pool.submit { ran.with { $0 += 1 } }
        #expect(second.cancel())
        #expect(!second.cancel())
        #expect(!first.cancel(), "it runs")
        #expect(pool.load.queued == 0, "its place is free")
        try pool.submit { ran.with { $0 += 10 } }
        gate.with { $0 = true }
        gate.wakeAll()
        #expect(pool.close(milliseconds: 5000))
        #expect(ran.with { $0 } == 10)
    }

    @Test func idleThreadsLeaveAndNoJobIsLostToThat() throws {
        let pool = BlockingPool("t", threads: 4, queue: 100, idleMilliseconds: 1)
        for _ in 0..<300 {
            #expect(try pool.run { 1 } == 1)
            Clock.sleep(milliseconds: 1)
        }
        #expect(eventually { pool.load.threads == 0 })
        #expect(try pool.run { 2 } == 2)
        #expect(pool.close(milliseconds: 5000))
    }
}
