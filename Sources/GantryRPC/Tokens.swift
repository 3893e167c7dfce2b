import GantrySystem
import Synchronization

/// The one-time tokens that turn a second connection into the bytes of a call.
final class Tokens: Sendable {
    private let offers = Mutex<[String: Offer]>([:])
    private let milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// A new token of 128 random bits, for one user and one namespace.
    func offer(uid: UInt32, namespace: String) -> Offer {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = File.random(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        let token = String(decoding: bytes, as: UTF8.self)
        let offer = Offer(token: token, uid: uid, namespace: namespace, milliseconds: milliseconds)
        offers.withLock { $0[token] = offer }
        return offer
    }

    func withdraw(_ offer: Offer) { offers.withLock { $0[offer.token] = nil } }

    /// Takes the offer of a token, once. Nil for one that is unknown, used, expired, or somebody else's: who guesses
    /// learns nothing from the difference.
    func redeem(_ token: String, uid: UInt32, namespace: String) -> Offer? {
        offers.withLock { offers in
            guard let offer = offers[token], offer.uid == uid, offer.namespace == namespace,
                Clock.monotonic < offer.expiry
            else { return nil }
            offers[token] = nil
            return offer
        }
    }

    /// How many wait; for tests.
    var count: Int { offers.withLock { $0.count } }

    /// A token and the call that waits for it.
    final class Offer: Sendable {
        private enum State {
            case waiting
            case delivered(BulkConnection)
            case abandoned
        }

        let token: String
        let uid: UInt32
        let namespace: String
        /// On the monotonic clock in nanoseconds.
        let expiry: Int64
        private let state = Monitor(State.waiting)

        init(token: String, uid: UInt32, namespace: String, milliseconds: Int64) {
            self.token = token
            self.uid = uid
            self.namespace = namespace
            expiry = Clock.monotonic + milliseconds * 1_000_000
        }

        /// False when the call no longer waits.
        func deliver(_ connection: BulkConnection) -> Bool {
            let taken = state.with { state in
                guard case .waiting = state else { return false }
                state = .delivered(connection)
                return true
            }
            state.wakeAll()
            return taken
        }

        func abandon() {
            state.with { state in
                if case .waiting = state { state = .abandoned }
            }
            state.wakeAll()
        }

        /// The connection; nil when it did not come in time or the call was cancelled.
        func wait() -> BulkConnection? {
            let left = max(1, (expiry - Clock.monotonic) / 1_000_000)
            let outcome: BulkConnection?? = state.wait(milliseconds: left) { state in
                switch state {
                case .waiting: nil
                case .delivered(let connection): .some(connection)
                case .abandoned: .some(nil)
                }
            }
            if case .some(let connection) = outcome { return connection }
            abandon()
            // It may have been delivered between the time-out and the line above.
            return state.with { if case .delivered(let connection) = $0 { connection } else { nil } }
        }
    }
}
