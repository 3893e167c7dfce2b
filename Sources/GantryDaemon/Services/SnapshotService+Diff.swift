import GantryCore
import GantryDiff
import GantryImages
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire

/// `snapshots.diff`: what is different in a snapshot from another.
extension SnapshotService {
    var diff: Method {
        Method(
            "snapshots.diff", "Lists what a snapshot changed in its parent, or what it has different from another.",
            params: [
                Self.key, Field("other", .string, "Another snapshot's key or name; the parent's when absent."),
                CommonField.driver,
            ],
            result:
                "{changes: [{kind: \"A\" added, \"C\" changed, \"D\" deleted; path}]}, a directory before what is in it.",
            errors: [.notFound], access: .guarded
        ) { call in
            let key = try call.string("key")
            let found: [TreeChange]
            do {
                found = try changes(of: key, from: call.text("other"), try driver(call).snapshotter)
            } catch let error as Errno { throw GantryError("compare snapshot '\(key)'", error) }
            return [
                "changes": .array(
                    found.map {
                        [
                            "kind": .string($0.kind.rawValue),
                            "path": .string("/" + String(decoding: $0.path, as: UTF8.self)),
                        ]
                    })
            ]
        }
    }

    /// What the driver knows by itself; else what an overlay's directory says; else what a walk over both trees finds.
    private func changes(
        of key: String, from other: String?, _ snapshotter: any Snapshotter
    ) throws -> [TreeChange] {
        let info = try snapshotter.stat(key)
        if other == nil, let told = try snapshotter.changes(key) { return told }
        if other == nil, info.kind == .active, let target = try snapshotter.layerTarget(key), target.style == .overlay {
            return try TreeChanges.overlay(target.directory, parents: target.parents)
        }
        return try withTree(other.map { try snapshotter.stat($0) }, or: info.parent, snapshotter) { old in
            try withTree(info, or: nil, snapshotter) { new in try compareTrees(old, new) }
        }
    }

    /// Gives `body` the mounts of a snapshot, or of what `name` stands for when there is none; a committed one is viewed.
    private func withTree<Result>(
        _ info: SnapshotInfo?, or name: String?, _ snapshotter: any Snapshotter, _ body: ([Mount]) throws -> Result
    ) throws -> Result {
        if let info, info.kind != .committed { return try body(snapshotter.mounts(info.name)) }
        let key = "diff-" + Hex.encode(File.random(8))
        let mounts = try snapshotter.view(key, parent: info?.name ?? name, labels: [:])
        defer { try? snapshotter.remove(key) }
        return try body(mounts)
    }

    /// On a thread with a mount namespace of its own: whatever becomes of this process, the kernel takes the mounts down.
    private func compareTrees(_ old: [Mount], _ new: [Mount]) throws -> [TreeChange] {
        let places = containers.lookPlaces
        return try Threads.run("gantry-look", stack: 8 << 20) {
            try Mounts.unshareNamespace()
            try Mounts.mount("", at: "/", type: "", flags: [.recursive, .isPrivate])
            try old.apply(at: places.image)
            try new.apply(at: places.root)
            return try TreeChanges.trees(
                from: SharedDescriptor(try File.open(places.image, .directory)),
                to: SharedDescriptor(try File.open(places.root, .directory)))
        }
    }
}
