import GantryModel
package import GantrySystem
import GantryWire

extension ContainerSettings {
    /// Whose ids a container's users are: `--userns`.
    ///
    /// `docs/containers.md` tells what differs inside.
    package struct UserNamespace: Sendable, Equatable {
        package enum Mode: String, Sendable, CaseIterable {
            /// The machine's: root inside is root.
            case host
            /// A namespace whose ids are a range that no other container has.
            case auto
            /// A namespace whose ids are the same numbers as the machine's.
            case keep
        }

        package var mode = Mode.host
        /// The range of `.auto`; nil before it was drawn, and for the others.
        package var owners: OwnerRange?

        package init() {}
    }
}

extension ContainerSettings.UserNamespace {
    /// Whether the runtime makes a user namespace.
    var isNew: Bool { mode != .host }

    /// `linux.uidMappings`, which are `linux.gidMappings` too. Source: OCI runtime-spec v1.0.2, config-linux.md.
    var mappings: JSON? {
        let range = owners ?? (mode == .keep ? Self.everybody : nil)
        return range.map { range in
            [["containerID": 0, "hostID": .int(Int64(range.first)), "size": .int(Int64(range.count))]]
        }
    }

    /// The highest gid that a kernel setting may name.
    var lastGroup: UInt32 { owners.map { $0.count - 1 } ?? 2_147_483_647 }

    /// All ids there are: -1 means none.
    private static let everybody = OwnerRange(first: 0, count: UInt32.max)

    /// - Parameter request: the parameters of `containers.create`, or what `json` gave.
    /// - Throws: `.invalidArgument` for a word that is none.
    init(_ request: JSON) throws(GantryError) {
        if let text = request["userns"]?.string {
            guard let mode = Mode(rawValue: text) else {
                throw GantryError(
                    .invalidArgument, "create container: userns '\(text)' is none of auto, host, keep, such as auto")
            }
            self.mode = mode
        }
        if let first = request["first"]?.uint, let count = request["count"]?.uint {
            owners = OwnerRange(first: UInt32(clamping: first), count: UInt32(clamping: count))
        }
    }

    /// As it is stored.
    var json: JSON {
        var object = JSONObject()
        if mode != .host { object["userns"] = .string(mode.rawValue) }
        if let owners {
            object["first"] = .int(Int64(owners.first))
            object["count"] = .int(Int64(owners.count))
        }
        return .object(object)
    }
}

extension ContainerSettings {
    /// What cannot go together with a user namespace: what the machine's, or another's, namespaces own.
    ///
    /// Source: user_namespaces(7), "Interaction of user namespaces and other types of namespaces".
    func checkUserNamespace() throws(GantryError) {
        guard userNamespace.isNew else { return }
        func refuse(_ option: String, _ reason: String) -> GantryError {
            GantryError(
                .invalidArgument,
                "create container: \(option) and userns '\(userNamespace.mode.rawValue)' exclude each other: \(reason); userns 'host' goes with it"
            )
        }
        if security.privileged { throw refuse("privileged", "its rights end at its own namespace") }
        if !namespaces.pid.isNew { throw refuse("pid '\(namespaces.pid.text)'", "that namespace is not its own") }
        if !namespaces.ipc.isNew { throw refuse("ipc '\(namespaces.ipc.text)'", "that namespace is not its own") }
        if !names.domain.isEmpty { throw refuse("domainname", "the kernel lets only the machine's root set one") }
        if userNamespace.mode == .keep, network == .host {
            // Without a network namespace of its own it gets the machine's /sys, with all that is mounted below; root's
            // files there would be its own.
            throw refuse("network 'host'", "the machine's /sys would be its own")
        }
        guard userNamespace.mode == .auto else { return }
        for mount in mounts {
            guard let propagation = mount.propagation, ![.private, .rprivate].contains(propagation) else { continue }
            throw refuse(
                "propagation '\(propagation.rawValue)' of mount '\(mount.target)'",
                "what is mounted there later would have the machine's owners")
        }
    }
}
