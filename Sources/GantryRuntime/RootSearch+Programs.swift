package import GantrySystem

/// What there is to run in a root.
package struct RootPrograms: Sendable {
    /// What would become of the container's program.
    package enum Verdict: Sendable { case found, missing, notExecutable }

    package var verdict: Verdict
    /// Programs there whose names are like the one that is missing, by their paths; at most five.
    package var similar: [String]
    /// Shells that are there.
    package var shells: [String]

    /// Looks below a container's root. Cost: a walk over the directories of PATH, a millisecond or some.
    package static func look(in root: SharedDescriptor, _ settings: ContainerSettings) -> RootPrograms {
        let search = RootSearch(root: root.raw, settings: settings)
        let verdict: Verdict =
            switch search.entrypoint() {
            case .found: .found
            case .missing: .missing
            case .notExecutable: .notExecutable
            }
        let all = search.programs()
        let wanted = Path.name(of: settings.arguments[0])
        let similar = all.map { (path: $0, distance: distance(Path.name(of: $0), wanted)) }
            .filter { $0.distance <= max(1, wanted.count / 3) }
            .sorted { ($0.distance, $0.path) < ($1.distance, $1.path) }
        let shells = ["sh", "bash", "dash", "ash", "zsh"].compactMap { shell in
            all.first { Path.name(of: $0) == shell }
        }
        return RootPrograms(verdict: verdict, similar: similar.prefix(5).map(\.path), shells: shells)
    }

    /// How many letters have to be changed, added or taken away to make one word of the other.
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        if abs(left.count - right.count) > 8 || left.count > 64 || right.count > 64 { return Int.max }
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let change = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(change, min(row[j], row[j + 1]) + 1)
            }
        }
        return row[right.count]
    }
}

extension RootSearch {
    /// The paths of all that can be run by its name alone.
    fileprivate func programs() -> [String] {
        let variable = settings.env.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) } ?? ProcessSpec.path
        var result = [String]()
        for directory in variable.split(separator: ":").map(String.init) where result.count < Self.mostPrograms {
            guard let handle = try? File.open(directory, [.directory], below: root),
                let entries = try? Directory.list(descriptor: handle.raw)
            else { continue }
            result += entries.filter { $0.kind == .regular || $0.kind == .symlink }.map { "\(directory)/\($0.name)" }
        }
        return result.sorted()
    }

    private static let mostPrograms = 20_000
}
