import GantrySystem

/// Empties a trash directory off its callers' path, on a thread that lives only while there is something to do.
final class Sweeper: Sendable {
    private struct State {
        var isRunning = false
        var isClosed = false
    }

    private let disk: SnapshotDisk
    private let state = Monitor<State>(State())

    init(_ disk: SnapshotDisk) { self.disk = disk }

    /// Says that something lies in the trash. Cost: a thread start at most.
    func wake() {
        let starts = state.with { state -> Bool in
            if state.isRunning || state.isClosed { return false }
            state.isRunning = true
            return true
        }
        guard starts else { return }
        do throws(Errno) {
            try Threads.start("gantry-sweep") { self.run() }
        } catch {
            // No thread to be had: the next wake or the next boot sweeps.
            state.with { $0.isRunning = false }
        }
    }

    private func run() {
        // Whoever removed it is about to answer its caller: let it have the processor first.
        Clock.sleep(milliseconds: 50)
        // What cannot be removed now (a mount that lingers) is tried again after the next wake.
        while state.with({ !$0.isClosed }), (try? disk.emptyTrash()) == true {}
        state.with { $0.isRunning = false }
        state.wakeAll()
    }

    /// Ends the work after the directory in hand; what is left is swept at the next boot.
    func close() {
        _ = state.wait { state -> Bool? in
            state.isClosed = true
            return state.isRunning ? nil : true
        }
    }
}
