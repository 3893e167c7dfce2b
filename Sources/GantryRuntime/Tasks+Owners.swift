import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// Tasks in a user namespace: what the container is shown belongs to its own ids.
extension Tasks {
    /// Finds the user and makes the working directory, below the root and nowhere else.
    func inspectRoot(_ request: TaskRequest, _ root: String) throws -> ResolvedUser {
        let settings = request.settings
        let handle = try describing("open root of container '\(request.key)'") { () throws(Errno) in
            SharedDescriptor(try File.open(root, [.directory, .path]))
        }
        let user = try RootSearch(root: handle.raw, settings: settings).user(adding: settings.security.groups)
        try Self.check(user, in: settings)
        guard let owners = settings.userNamespace.owners else {
            try RootSearch(root: handle.raw, settings: settings).makeWorkingDirectory(owner: user)
            return user
        }
        // The machine's root has no id there, and could make nothing.
        try Threads.run("gantry-owner") {
            try OwnerRange.actAs(user: owners.first, group: owners.first)
            try RootSearch(root: handle.raw, settings: settings).makeWorkingDirectory(owner: user)
        }
        return user
    }

    /// - Throws: `.invalidArgument` for a user or group without an id in the container's user namespace.
    static func check(_ user: ResolvedUser, in settings: ContainerSettings) throws(GantryError) {
        guard let owners = settings.userNamespace.owners else { return }
        for id in [user.uid, user.gid] + user.groups where owners.outside(id) == nil {
            throw GantryError(
                .invalidArgument,
                "use user '\(settings.user)': the container's user namespace has the ids 0 to \(owners.count - 1), and not \(id)"
            )
        }
    }

    /// The settings with what the container's own ids own in place of the machine's directories that it mounts.
    ///
    /// Cost: a mount for each; it stays until the task goes.
    func shiftMounts(
        _ settings: ContainerSettings, _ directory: TaskDirectory, isCrun: Bool
    ) throws -> ContainerSettings {
        guard settings.userNamespace.isNew else { return settings }
        var shifted = settings
        for (index, mount) in settings.mounts.enumerated() where mount.kind != .tmpfs {
            if let owners = settings.userNamespace.owners {
                let place = try directory.makeMountPlace(index, for: mount.source)
                try OwnerShift.bind(mount.source, at: place, owners, recursive: mount.isRecursive)
                shifted.mounts[index].source = place
            }
            // crun 1.8 binds the top alone where there is a user namespace, whatever it is told; each by itself it binds.
            if mount.isRecursive, isCrun { shifted.mounts += Self.below(shifted.mounts[index]) }
        }
        return shifted
    }

    /// What is mounted below a bind's source, as binds of their own.
    private static func below(_ mount: ContainerSettings.Mount) -> [ContainerSettings.Mount] {
        let points = (try? MountTable.points(below: mount.source)) ?? []
        return points.map { point in
            var below = mount
            below.source = point
            below.target = mount.target + point.dropFirst(mount.source.utf8.count)
            below.isRecursive = false
            below.propagation = nil
            return below
        }
    }

    /// The machine's id of the user whose pipes a process's standard streams are; nil where the runtime may give them
    /// away itself.
    static func streamOwner(_ user: ResolvedUser, _ settings: ContainerSettings) -> UInt32? {
        settings.userNamespace.owners?.outside(user.uid)
    }
}

extension TaskDirectory {
    /// What `Tasks.shiftMounts` mounts.
    private var mounts: String { path + "/mounts" }

    /// A directory, or an empty file, to mount `source` on.
    fileprivate func makeMountPlace(_ index: Int, for source: String) throws(GantryError) -> String {
        let place = "\(mounts)/\(index)"
        try describing("make mount place for '\(source)'") { () throws(Errno) in
            try Path.makeDirectories(mounts, mode: 0o711)
            if try FileStatus.of(source, follow: true).kind == .directory {
                try Path.makeDirectory(place, mode: 0o711)
            } else {
                _ = try File.open(place, [.write, .create, .exclusive], mode: 0o600).raw
            }
        }
        return place
    }

    /// Takes down what is mounted; whoever has it still has it.
    func unmountSources() {
        for entry in (try? Directory.list(mounts)) ?? [] {
            try? Mounts.unmount("\(mounts)/\(entry.name)", detach: true)
        }
    }

    /// Gives the container's own files to its own root.
    func giveEtcFiles(to owners: OwnerRange) throws(GantryError) {
        for name in ["hosts", "hostname", "resolv.conf"] {
            try describing("change owner of '\(path)/\(name)'") { () throws(Errno) in
                try Path.changeOwner(path + "/" + name, uid: owners.first, gid: owners.first)
            }
        }
    }
}
