package import GantrySystem

/// How an archive's entries become somebody's files.
package struct FileRules: Sendable {
    /// Who owns a file.
    package struct Owner: Sendable {
        package var uid: UInt32
        package var gid: UInt32

        package init(uid: UInt32, gid: UInt32) {
            self.uid = uid
            self.gid = gid
        }
    }

    /// Where the entries go, below the root, as plain parts without links (`RootPath`); empty for the root itself.
    package var place: [UInt8] = []
    /// Owns everything; nil: whom the archive names.
    package var owner: Owner?
    /// Whose ids the owners are; nil for the machine's.
    package var owners: OwnerRange?
    /// Set-user-id and set-group-id bits are left away: the owner is not whom they were meant for.
    package var dropsSetID = false
    /// A directory never replaces something else, nor something else a directory.
    package var keepsKind = false

    package init(
        place: [UInt8] = [], owner: Owner? = nil, owners: OwnerRange? = nil, keepsKind: Bool = false,
        dropsSetID: Bool = false
    ) {
        self.place = place
        self.owner = owner
        self.owners = owners
        self.keepsKind = keepsKind
        self.dropsSetID = dropsSetID
    }
}

/// What was written, in numbers.
package struct WrittenUsage: Sendable, Equatable {
    /// In whole blocks of 4096 bytes.
    package var bytes: Int64 = 0
    package var inodes: Int64 = 0
}

/// An entry that no honest archive has, or that must not go where it would.
package struct EntryRefusal: Error {
    package var reason: String

    package init(reason: String) { self.reason = reason }
}
