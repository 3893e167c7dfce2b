/// Who the process of a container is.
package struct Account: Sendable, Equatable {
    /// User id inside the container.
    package var uid: UInt32
    /// Primary group id inside the container.
    package var gid: UInt32
    /// Further groups, in the order of the group file.
    package var additionalGroups: [UInt32]
    /// Home directory; `/` when the passwd file does not say.
    package var home: String
    /// Name in the passwd file, when it has one.
    package var name: String?

    /// Makes an account; root by default.
    package init(
        uid: UInt32 = 0, gid: UInt32 = 0, additionalGroups: [UInt32] = [], home: String = "/", name: String? = nil
    ) {
        self.uid = uid
        self.gid = gid
        self.additionalGroups = additionalGroups
        self.home = home
        self.name = name
    }
}

/// Why a user or a group of a container cannot be had.
package enum AccountError: Error, Equatable, CustomStringConvertible {
    /// No line of the passwd file has the name.
    case unknownUser(String)
    /// No line of the group file has the name.
    case unknownGroup(String)
    /// A number outside 0 … 2147483647, the range that runtimes accept.
    case outOfRange(String)

    /// As docker says it.
    package var description: String {
        switch self {
        case .unknownUser(let name): "unable to find user \(name): no matching entries in passwd file"
        case .unknownGroup(let name): "unable to find group \(name): no matching entries in group file"
        case .outOfRange(let text): "uids and gids must be in range 0-2147483647, not \(text)"
        }
    }
}
