import GantryHost
import GantrySystem
import Testing

@Suite struct DelayedWorkTests {
    @Test func workIsDoneTogetherAfterTheDelayInOrder() throws {
        let done = Monitor<[Int]>([])
        let work = DelayedWork("test-later", milliseconds: 100)
        for number in 0..<3 {
            work.add {
                done.with { $0.append(number) }
                done.wakeAll()
            }
        }
        #expect(done.with { $0 } == [], "not at once")
        let all = done.wait(milliseconds: 10_000) { $0.count == 3 ? $0 : nil }
        #expect(all == [0, 1, 2])
        // And again, on another thread.
        work.add {
            done.with { $0.append(3) }
            done.wakeAll()
        }
        let again = done.wait(milliseconds: 10_000) { $0.count == 4 ? $0 : nil }
        #expect(again == [0, 1, 2, 3])
    }

    @Test func closingDoesWhatIsLeft() throws {
        let done = Monitor<[Int]>([])
        let work = DelayedWork("test-later", milliseconds: 3_600_000)
        work.add { done.with { $0.append(1) } }
        work.close(milliseconds: 10_000)
        #expect(done.with { $0 } == [1])
        work.add { done.with { $0.append(2) } }
        #expect(done.with { $0 } == [1, 2], "after that at once")
        work.close(milliseconds: 10_000)
    }
}
