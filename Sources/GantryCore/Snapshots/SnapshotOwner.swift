package import GantryModel

/// Who made a snapshot through `snapshots.*`, in labels that its driver keeps with it.
///
/// Why there: the driver's part is on the disk when a call is answered, its row need not be. A row that a power cut took is
/// written again from this at the next start. Users never see these labels.
package struct SnapshotOwner: Sendable, Equatable {
    private static let namespaceLabel = "gantry.namespace"
    private static let leasesLabel = "gantry.leases"

    /// The namespace of the call that made it.
    package var namespace: String
    /// The leases of that namespace that hold it, by id.
    package var leases: [String]

    /// Makes an owner.
    package init(namespace: String, leases: [String]) {
        self.namespace = namespace
        self.leases = leases
    }

    /// Reads labels as a driver has them; nil when none of them is of an owner.
    package init?(_ labels: Labels) {
        guard let namespace = labels[Self.namespaceLabel] else { return nil }
        let leases = labels[Self.leasesLabel]?.split(separator: "\n").map(String.init)
        self.init(namespace: namespace, leases: leases ?? [])
    }

    /// Labels as a driver is given them.
    package func marking(_ labels: Labels) -> Labels {
        var labels = labels
        labels[Self.namespaceLabel] = namespace
        labels[Self.leasesLabel] = leases.isEmpty ? nil : leases.joined(separator: "\n")
        return labels
    }
}

extension SnapshotInfo {
    /// The same with the labels as its user gave them.
    package var withoutOwner: SnapshotInfo {
        guard SnapshotOwner(labels) != nil else { return self }
        var info = self
        info.labels = SnapshotOwner.removing(from: labels)
        return info
    }
}

extension SnapshotOwner {
    fileprivate static func removing(from labels: Labels) -> Labels {
        labels.filter { $0.key != namespaceLabel && $0.key != leasesLabel }
    }
}
