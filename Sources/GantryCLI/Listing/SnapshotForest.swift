import GantryWire

/// `gantry snapshot tree`: snapshots below the ones that they stand on. A pure value.
///
///     overlayfs
///     └── 1a2b3c4d5e6f  4.26MB  image busybox:latest
///         ├── 9f8e7d6c5b4a  12B  active  container web
///         └── 0a1b2c3d4e5f  1.2MB
struct SnapshotForest {
    private let snapshots: [JSON]
    private let noTrunc: Bool

    init(_ snapshots: [JSON], noTrunc: Bool = false) {
        self.snapshots = snapshots
        self.noTrunc = noTrunc
    }

    /// All lines.
    var text: String {
        var lines: [String] = []
        var drivers: [String] = []
        for snapshot in snapshots {
            let driver = snapshot["driver"]?.string ?? ""
            if !drivers.contains(driver) { drivers.append(driver) }
        }
        for driver in drivers {
            let own = snapshots.filter { $0["driver"]?.string == driver }
            let names = Set(own.compactMap { $0["name"]?.string })
            var children: [String: [JSON]] = [:]
            // Whoever stands on what is not shown is shown at the top.
            for snapshot in own {
                let parent = snapshot["parent"]?.string ?? ""
                children[names.contains(parent) ? parent : "", default: []].append(snapshot)
            }
            lines.append(driver)
            draw("", children, indent: "", &lines)
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func draw(_ parent: String, _ children: [String: [JSON]], indent: String, _ lines: inout [String]) {
        let own = children[parent] ?? []
        for (index, snapshot) in own.enumerated() {
            let isLast = index == own.count - 1
            lines.append(indent + (isLast ? "└── " : "├── ") + line(snapshot))
            draw(snapshot["name"]?.string ?? "", children, indent: indent + (isLast ? "    " : "│   "), &lines)
        }
    }

    private func line(_ snapshot: JSON) -> String {
        let name = snapshot["name"]?.string ?? ""
        var words = [noTrunc ? name : SnapshotListing.short(name)]
        words.append(HumanSize(bytes: snapshot["usage"]?["bytes"]?.int ?? 0).description)
        if let kind = snapshot["kind"]?.string, kind != "committed" { words.append(kind) }
        for (member, word) in [("images", "image"), ("containers", "container"), ("leases", "lease")] {
            words += (snapshot[member]?.array ?? []).compactMap(\.string).map { "\(word) \($0)" }
        }
        return words.joined(separator: "  ")
    }
}
