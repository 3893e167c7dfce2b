package import GantryCore
package import GantryModel
import GantrySystem
import GantryWire
import Synchronization

/// Leases of pulls: what a pull that broke off had brought stays for a day, so that the next one need not bring it again.
package final class PullLeases: Sendable {
    private static let label = "gantry.pull"
    private static let seconds: Int64 = 86_400

    private let leases: any LeaseStore
    /// Leases of pulls that run.
    private let running = Mutex<Set<LeaseKey>>([])

    package init(_ leases: any LeaseStore) { self.leases = leases }

    /// A lease for a pull that begins.
    package func begin(namespace: String, _ reference: Reference) throws -> LeaseKey {
        let expires = Timestamp(nanoseconds: Clock.realtime).adding(seconds: Self.seconds)
        let key = try leases.createLease(
            namespace: namespace, id: nil, labels: [Self.label: reference.description], expires: expires
        ).key
        running.withLock { _ = $0.insert(key) }
        return key
    }

    /// The pull has its image: what earlier pulls of the same name have left goes as well.
    package func succeeded(_ lease: LeaseKey, _ reference: Reference) {
        try? leases.deleteLease(lease)
        running.withLock { _ = $0.remove(lease) }
        for old in (try? leases.leases(namespace: lease.namespace)) ?? []
        where old.labels[Self.label] == reference.description && !running.withLock({ $0.contains(old.key) }) {
            try? leases.deleteLease(old.key)
        }
    }

    /// The pull broke off; what it brought stays if there was anything.
    package func failed(_ lease: LeaseKey, keeps: Bool) {
        if !keeps { try? leases.deleteLease(lease) }
        running.withLock { _ = $0.remove(lease) }
    }
}
