internal import CLinux

/// The ids of a user namespace: 0 up to `count` inside are `first` up to `first + count` on the machine, users and groups
/// alike.
///
/// Source: user_namespaces(7).
package struct OwnerRange: Sendable, Equatable, Hashable {
    /// What root inside is on the machine.
    package var first: UInt32
    /// How many ids there are inside.
    package var count: UInt32

    package init(first: UInt32, count: UInt32) {
        self.first = first
        self.count = count
    }

    /// Who an id that is not mapped is. Source: /proc/sys/kernel/overflowuid.
    package static let nobody: UInt32 = 65534

    /// The id on the machine of an id inside; nil for one that there is none for.
    package func outside(_ id: UInt32) -> UInt32? { id < count ? first + id : nil }

    /// The id inside of an id on the machine, as a process inside would see it.
    package func inside(_ id: UInt32) -> UInt32 {
        id >= first && id - first < count ? id - first : OwnerRange.nobody
    }

    /// A user namespace with this mapping and nothing in it, for `Mounts.shiftOwners`. Cost: a process that does nothing,
    /// about 0.2 ms.
    package func makeNamespace() throws(Errno) -> OwnedDescriptor {
        let map = "0 \(first) \(count)\n"
        return OwnedDescriptor(try check(cl_user_namespace(map, map)))
    }

    /// Makes this thread a user and group of the machine's where files are made, with the rights of root. Only for a thread
    /// that ends with its work.
    package static func actAs(user: UInt32, group: UInt32) throws(Errno) { try check(cl_act_as(user, group)) }
}

extension FileStatus {
    /// The same with the owner that a process of `owners` sees.
    package func seen(by owners: OwnerRange) -> FileStatus {
        var status = self
        status.uid = owners.inside(uid)
        status.gid = owners.inside(gid)
        return status
    }
}
