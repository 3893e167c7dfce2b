import GantryCore
import GantryDiff
import GantryImages
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.diff`: what a container changed in the files of its image.
extension ContainerService {
    var diffMethod: Method {
        Method(
            "containers.diff", "Lists what a container changed in the files of its image, whether it runs or not.",
            params: [CommonField.container],
            result:
                "{changes: [{kind: \"A\" added, \"C\" changed, \"D\" deleted; path}]}, a directory before what is in it.",
            errors: [.notFound, .failedPrecondition], access: .guarded
        ) { [self] call in
            let record = try find(call)
            let found = try usingSnapshot(of: record) { try changes(of: $0) }
            let targets = try settings(record).mounts.map(\.target) + ContainerSettings.Mount.places
            let kept = MountPlaces(targets).without(found)
            return [
                "changes": .array(
                    kept.map {
                        [
                            "kind": .string($0.kind.rawValue),
                            "path": .string("/" + String(decoding: $0.path, as: UTF8.self)),
                        ]
                    })
            ]
        }
    }

    private func changes(of record: ContainerRecord) throws -> [TreeChange] {
        let snapshots = try drivers.driver(record.snapshotter).snapshotter
        do {
            if let target = try snapshots.layerTarget(record.snapshotKey), target.style == .overlay {
                return try TreeChanges.overlay(target.directory, parents: target.parents)
            }
            return try snapshots.changes(record.snapshotKey) ?? compareTrees(record, snapshots)
        } catch let error as Errno {
            throw GantryError("compare container '\(record.name)' with its image", error)
        }
    }

    /// For drivers that only show whole trees.
    private func compareTrees(_ record: ContainerRecord, _ snapshots: any Snapshotter) throws -> [TreeChange] {
        let key = "\(record.snapshotKey)-diff-\(Hex.encode(File.random(4)))"
        let image = try snapshots.view(key, parent: snapshots.stat(record.snapshotKey).parent, labels: [:])
        defer { try? snapshots.remove(key) }
        let place = lookPlaces.image
        return try withRoot(of: record, alone: true) { files in
            if let owners = files.owners {
                try image.apply(at: place, owners: owners)
            } else {
                try image.apply(at: place)
            }
            return try TreeChanges.trees(from: SharedDescriptor(try File.open(place, .directory)), to: files.root)
        }
    }
}

/// Where something is mounted over a container's root: what the runtime made there to mount on is nobody's change.
struct MountPlaces {
    private let places: [[UInt8]]

    init(_ targets: [String]) { places = targets.map { Array($0.utf8.drop { $0 == 0x2f }) } }

    /// The changes that remain. A directory on the way to such a place remains when it was changed itself, or holds
    /// another that remains.
    func without(_ changes: [TreeChange]) -> [TreeChange] {
        var kept: [TreeChange] = []
        var needed = Set<[UInt8]>()
        // From the end: what is in a directory is judged before it.
        for change in changes.reversed() {
            if places.contains(where: { Self.is($0, atOrAbove: change.path) }) { continue }
            let leads = places.contains { Self.is(change.path, atOrAbove: $0) }
            if leads, change.kind == .added || change.isOnlyTimes, !needed.contains(change.path) { continue }
            kept.append(change)
            var above = change.path[...]
            while let slash = above.lastIndex(of: 0x2f) {
                above = above[..<slash]
                if !needed.insert(Array(above)).inserted { break }
            }
        }
        return kept.reversed()
    }

    private static func `is`(_ path: [UInt8], atOrAbove other: [UInt8]) -> Bool {
        other.starts(with: path) && (other.count == path.count || other[path.count] == 0x2f)
    }
}
