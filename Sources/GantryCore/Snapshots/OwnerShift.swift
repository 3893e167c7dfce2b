import GantryModel
package import GantrySystem
import GantryWire

/// Mounting with other owners: for a container in a user namespace of its own, whose ids are a range of the machine's.
///
/// The bytes on disk stay as they are. An overlay cannot be shifted itself, so its layers are: the directories that hold
/// them are cloned, the clones are shifted, and the overlay is made of what lies below the clones.
///
/// Source: mount_setattr(2), "ID-mapped mounts"; Linux, Documentation/filesystems/idmappings.rst.
extension [Mount] {
    /// Mounts all of them at `root`, in which every file belongs to the id of `owners` that its owner on disk is.
    ///
    /// Cost: a user namespace (0.2 ms), and for an overlay on kernels before 6.13 a mount namespace as well.
    /// - Throws: as `apply`; `.failedPrecondition` for a file system that cannot be shifted.
    package func apply(at root: String, owners: OwnerRange) throws {
        // What a snapshot is made of is one mount; were there others, those that are done would have to be undone.
        for mount in self {
            guard mount.target.isEmpty, count == 1 else {
                throw GantryError(.unimplemented, "mount '\(root)' for a user namespace: it is made of several mounts")
            }
            do {
                let namespace = try owners.makeNamespace()
                let split = MountOptions(mount.options)
                if mount.type == "overlay" {
                    try OverlayShift(split, source: mount.source).mount(at: root, owners, SharedDescriptor(namespace))
                } else if mount.type == "bind" || split.flags.contains(.bind) {
                    try OwnerShift.bind(
                        mount.source, at: root, namespace.raw, recursive: split.flags.contains(.recursive),
                        readOnly: split.flags.contains(.readOnly))
                } else {
                    throw GantryError(
                        .failedPrecondition, "mount \(mount.type) at '\(root)': not possible in a user namespace")
                }
            } catch let error as Errno {
                throw OwnerShift.refusal(mount.source, error)
            }
        }
    }
}

/// Directories and files of the machine, shown with other owners.
package enum OwnerShift {
    /// Binds `source` at `place`, both directories or neither, as the ids of `owners` see it.
    /// - Throws: `.failedPrecondition` for a file system that cannot be shifted.
    package static func bind(_ source: String, at place: String, _ owners: OwnerRange, recursive: Bool) throws {
        do throws(Errno) {
            let namespace = try owners.makeNamespace()
            try bind(source, at: place, namespace.raw, recursive: recursive, readOnly: false)
        } catch { throw refusal(source, error) }
    }

    static func bind(
        _ source: String, at place: String, _ namespace: Int32, recursive: Bool, readOnly: Bool
    ) throws(Errno) {
        let clone = try Mounts.clone(source, recursive: recursive)
        try Mounts.shiftOwners(clone.raw, namespace, recursive: recursive)
        if readOnly { try Mounts.setAttributes(clone.raw, .readOnly) }
        try Mounts.attach(clone.raw, at: place)
    }

    static func refusal(_ source: String, _ error: Errno) -> GantryError {
        if error == .invalid {
            return GantryError(
                .failedPrecondition,
                "mount '\(source)' for a user namespace: its file system, or one mounted below it, cannot show other owners; --userns=keep does without"
            )
        }
        return GantryError("mount '\(source)' for a user namespace", error)
    }
}

/// One overlay whose layers are shifted.
struct OverlayShift: Sendable {
    private let options: MountOptions
    private let source: String
    /// Directories that are cloned, each with all layers that it holds.
    private let bases: [String]
    private let lower: [Layer]
    private let upper: Layer?
    private let work: Layer?

    /// A directory by the base that it is below.
    private struct Layer: Sendable {
        var base: Int
        /// Relative; `.` for the base itself.
        var path: String
    }

    init(_ options: MountOptions, source: String) throws(Errno) {
        self.options = options
        self.source = source
        func value(_ key: String) -> String? {
            options.own.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.utf8.count + 1)) }
        }
        var bases: [String] = []
        func layer(_ path: String) throws(Errno) -> Layer {
            // Two levels up is where a driver keeps all of its layers, so that one clone serves for many. What is mounted
            // on the way would not be in the clone.
            let mount = try FileStatus.of(path, follow: true).mountID
            var base = path
            for _ in 0..<2 {
                let parent = Path.parent(of: base)
                if try FileStatus.of(parent, follow: true).mountID != mount { break }
                base = parent
            }
            let index = bases.firstIndex(of: base) ?? bases.count
            if index == bases.count { bases.append(base) }
            let rest = String(path.dropFirst(base.utf8.count).drop { $0 == "/" })
            return Layer(base: index, path: rest.isEmpty ? "." : rest)
        }
        var lower: [Layer] = []
        for path in (value("lowerdir") ?? "").split(separator: ":") { lower.append(try layer(String(path))) }
        self.lower = lower
        // The kernel wants both below one mount: so they are cloned from where they meet.
        if let upper = value("upperdir") { self.upper = try layer(upper) } else { upper = nil }
        if let work = value("workdir") { self.work = try layer(work) } else { work = nil }
        self.bases = bases
    }

    /// On a thread of its own: overlayfs makes files of its own below `workdir` as whoever mounted it, and the machine's root
    /// has no id there.
    func mount(at place: String, _ owners: OwnerRange, _ namespace: SharedDescriptor) throws {
        let clones = try clones(namespace)
        let mounted = try Threads.run("gantry-mount") {
            try OwnerRange.actAs(user: owners.first, group: owners.first)
            do throws(Errno) {
                return SharedDescriptor(try mountByDescriptor(clones))
            } catch {
                // EINVAL from kernels before 6.13, to which a layer in no mount namespace is none; EOPNOTSUPP from those
                // before 6.5, whose overlayfs takes no descriptors at all.
                if error != .invalid && error != .notSupported { throw error }
            }
            return SharedDescriptor(try mountByPath(clones, at: place))
        }
        try Mounts.attach(mounted.raw, at: place)
    }

    /// The bases, shifted; in no tree.
    func clones(_ namespace: SharedDescriptor) throws(Errno) -> [SharedDescriptor] {
        var clones: [SharedDescriptor] = []
        for base in bases {
            let clone = try Mounts.clone(base)
            try Mounts.shiftOwners(clone.raw, namespace.raw)
            clones.append(SharedDescriptor(clone))
        }
        return clones
    }

    /// Layers as descriptors below the clones, which are never in any tree.
    func mountByDescriptor(_ clones: [SharedDescriptor]) throws(Errno) -> OwnedDescriptor {
        let context = try Mounts.openFilesystem("overlay")
        try Mounts.configure(context.raw, "source", source)
        func configure(_ key: String, _ layer: Layer) throws(Errno) {
            let handle = try File.open(layer.path, [.path, .directory], at: clones[layer.base].raw)
            try Mounts.configure(context.raw, key, descriptor: handle.raw)
        }
        for layer in lower { try configure("lowerdir+", layer) }
        if let upper { try configure("upperdir", upper) }
        if let work { try configure("workdir", work) }
        for option in others {
            let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 {
                try Mounts.configure(context.raw, parts[0], parts[1])
            } else {
                try Mounts.configure(context.raw, flag: option)
            }
        }
        if options.flags.contains(.readOnly) { try Mounts.configure(context.raw, flag: "ro") }
        try Mounts.create(context.raw)
        return try Mounts.mount(context.raw, options.flags.contains(.readOnly) ? .readOnly : [])
    }

    /// Layers as short paths in a mount namespace that only lives for the moment: overlayfs keeps clones of its own, and
    /// nobody ever sees the others. Only for a throw-away thread.
    func mountByPath(_ clones: [SharedDescriptor], at place: String) throws(Errno) -> OwnedDescriptor {
        try Mounts.unshareNamespace()
        try Mounts.mount("", at: "/", type: "", flags: [.recursive, .isPrivate])
        try Mounts.mount("gantry", at: place, type: "tmpfs")
        try Mounts.changeDirectory(place)
        for (index, clone) in clones.enumerated() {
            try Path.makeDirectory("\(index)")
            try Mounts.attach(clone.raw, at: "\(index)")
        }
        try Path.makeDirectory("m")
        func path(_ layer: Layer) -> String { layer.path == "." ? "\(layer.base)" : "\(layer.base)/\(layer.path)" }
        var data = ["lowerdir=" + lower.map(path).joined(separator: ":")] + others
        if let upper { data.append("upperdir=" + path(upper)) }
        if let work { data.append("workdir=" + path(work)) }
        let text = data.joined(separator: ",")
        if text.utf8.count >= MountOptions.pageLimit { throw .nameTooLong }
        try Mounts.mount(source, at: "m", type: "overlay", flags: options.flags, options: text)
        return try Mounts.clone("m")
    }

    private var others: [String] {
        options.own.filter { option in !["lowerdir=", "upperdir=", "workdir="].contains { option.hasPrefix($0) } }
    }
}
