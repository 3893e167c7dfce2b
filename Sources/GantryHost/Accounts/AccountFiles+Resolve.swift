extension AccountFiles {
    /// Who `user`, `uid`, `user:group`, … is in the container; empty text is root.
    ///
    /// As runc resolves it: a name is looked up, a number need not be in the files; the first line that matches wins.
    /// With a group given, only that group; without one, the user's own and every group that lists the user.
    /// - Throws: `AccountError`.
    package func resolve(_ text: String) throws(AccountError) -> Account {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let user = parts.first ?? ""
        let group = parts.count > 1 ? parts[1] : ""
        var account = try self.user(user)
        if group.isEmpty {
            if let name = account.name {
                account.additionalGroups = groups.filter { $0.members.contains(name) }.map(\.gid)
            }
        } else {
            account.gid = try self.group(group)
        }
        return account
    }

    /// The group of a name or number.
    /// - Throws: `AccountError`.
    package func group(_ text: String) throws(AccountError) -> UInt32 {
        let number = try Self.number(text)
        if let group = groups.first(where: { $0.name == text || $0.gid == number }) { return group.gid }
        guard let number else { throw .unknownGroup(text) }
        return number
    }

    private func user(_ text: String) throws(AccountError) -> Account {
        let number = text.isEmpty ? 0 : try Self.number(text)
        guard let user = users.first(where: { $0.name == text || $0.uid == number }) else {
            guard let number else { throw .unknownUser(text) }
            return Account(uid: number)
        }
        return Account(uid: user.uid, gid: user.gid, home: user.home.isEmpty ? "/" : user.home, name: user.name)
    }

    /// nil when the text is no number.
    private static func number(_ text: String) throws(AccountError) -> UInt32? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
            return nil
        }
        guard let number = UInt32(text), number <= 0x7fff_ffff else { throw .outOfRange(text) }
        return number
    }
}
