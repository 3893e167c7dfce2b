import GantrySystem

/// Keeps callers away from a plugin that does not answer: after some failures in a row it is *quarantined*, and calls fail
/// at once until somebody has seen it answer again.
///
///     closed ──`threshold` failures in a row──▶ open ──a probe succeeds──▶ half-open ──a call is answered──▶ closed
///                                                ▲                             │
///                                                └───────── a call fails ──────┘
///
/// One that answers every probe and no call is let out for one call at a time, after pauses that double.
///
/// A value without a clock or threads of its own; callers never pay for finding out whether it is well again.
package struct Breaker: Sendable {
    /// So many failures in a row open it.
    package let threshold: Int
    /// Failures since the last success.
    package private(set) var failures = 0
    /// What went wrong last, and when (`Clock.realtime`); kept after a success.
    package private(set) var lastError: String?
    package private(set) var lastErrorAt: Int64?
    /// Since when it is open, by `Clock.realtime`; nil when closed.
    package private(set) var openSince: Int64?
    /// Openings since a call was answered.
    private var openings = 0
    /// Whether it was seen not to answer a probe since it opened: an answer then is news.
    private var hasBeenAway = false

    /// How long it stays open, in nanoseconds, when it answers probes all the time: at first, and at most.
    private static let firstHold: Int64 = 5_000_000_000
    private static let longestHold: Int64 = 60_000_000_000

    package init(threshold: Int) { self.threshold = threshold }

    package var isOpen: Bool { openSince != nil }

    /// Notes that the plugin did not answer, or not sensibly.
    /// - Parameter probe: whether what failed was a probe, not a call.
    /// - Returns: whether this opened it.
    package mutating func failed(_ reason: String, at now: Int64, probe: Bool = false) -> Bool {
        failures += 1
        lastError = reason
        lastErrorAt = now
        if probe { hasBeenAway = true }
        guard failures >= threshold, openSince == nil else { return false }
        openSince = now
        openings += 1
        hasBeenAway = probe
        return true
    }

    /// Notes an answer. An open breaker stays open: a late answer of one call says little about the next.
    package mutating func succeeded() {
        guard openSince == nil else { return }
        failures = 0
        openings = 0
    }

    /// Notes that a probe was answered, which closes it, unless it has answered probes while it failed calls and the pause
    /// for that is not over. The next call that fails opens it again.
    package mutating func probed(at now: Int64) {
        guard let openSince else { return }
        let hold = min(Self.longestHold, Self.firstHold << Int64(min(openings - 1, 8)))
        guard hasBeenAway || !(0..<hold).contains(now - openSince) else { return }
        self.openSince = nil
        failures = threshold - 1
    }

    /// What it knew counts no more: the plugin is another process.
    package mutating func reset() {
        failures = 0
        openings = 0
        openSince = nil
    }
}
