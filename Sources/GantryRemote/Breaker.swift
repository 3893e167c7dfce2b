import GantrySystem

/// Keeps callers away from a plugin that does not answer: after some failures in a row it is *quarantined*, and calls fail
/// at once until somebody has seen it answer again.
///
///     closed ──`threshold` failures in a row──▶ open ──a probe succeeds──▶ closed
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

    package init(threshold: Int) { self.threshold = threshold }

    package var isOpen: Bool { openSince != nil }

    /// Notes that the plugin did not answer, or not sensibly.
    /// - Returns: whether this opened it.
    package mutating func failed(_ reason: String, at now: Int64) -> Bool {
        failures += 1
        lastError = reason
        lastErrorAt = now
        guard failures >= threshold, openSince == nil else { return false }
        openSince = now
        return true
    }

    /// Notes an answer. An open breaker stays open: a late answer of one call says little about the next.
    package mutating func succeeded() {
        if openSince == nil { failures = 0 }
    }

    /// Closes it: a probe was answered.
    package mutating func close() {
        failures = 0
        openSince = nil
    }
}
