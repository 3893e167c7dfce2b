import GantryCore
import GantryHost
import GantryModel
import GantrySystem
import GantryWire

extension RootSearch {
    /// Who the container's process is: `user[:group]` of the settings and more groups, names by the root's own files.
    /// - Throws: `.invalidArgument` for a name that they do not know.
    func user(adding groups: [String] = []) throws(GantryError) -> ResolvedUser {
        let wanted = settings.user
        // Root needs no look-up but for its home; a file that is not there is no error, as with Docker.
        let files = AccountFiles(passwd: contents("/etc/passwd"), group: contents("/etc/group"))
        let account: Account
        do throws(AccountError) { account = try files.resolve(wanted) } catch {
            throw GantryError(.invalidArgument, "use user '\(wanted)': \(error)")
        }
        // The primary group is one of the groups: a process that changes it by a setgid program stays in it, and is still
        // shut out from files that exclude the group (CVE-2022-36109).
        var numbers = account.additionalGroups
        if !numbers.contains(account.gid) { numbers.insert(account.gid, at: 0) }
        for group in groups {
            do throws(AccountError) {
                let number = try files.group(group)
                if !numbers.contains(number) { numbers.append(number) }
            } catch {
                throw GantryError(.invalidArgument, "add group '\(group)': \(error)")
            }
        }
        return ResolvedUser(uid: account.uid, gid: account.gid, groups: numbers, home: account.home)
    }

    /// Makes the working directory when the image does not have it, as Docker does.
    func makeWorkingDirectory(owner: ResolvedUser) throws(GantryError) {
        let path = settings.workingDirectory
        if path == "/" || settings.mounts.contains(where: { path == $0.target || path.hasPrefix($0.target + "/") }) {
            return
        }
        do throws(Errno) {
            _ = try File.open(path, [.path, .directory], below: root).raw
            return
        } catch .noEntry {
            // Made below, part by part.
        } catch {
            throw GantryError(.invalidArgument, "use working directory '\(path)': \(error.reason)")
        }
        try describing("make working directory '\(path)'") { () throws(Errno) in
            var current = try File.open("/", [.path, .directory], below: root)
            for part in path.split(separator: "/") {
                do throws(Errno) {
                    current = try File.open(
                        String(part), [.path, .directory], below: current.raw, resolve: [.noSymlinks, .beneath])
                } catch .noEntry {
                    try Path.makeDirectory(String(part), at: current.raw)
                    current = try File.open(
                        String(part), [.path, .directory], below: current.raw, resolve: [.noSymlinks, .beneath])
                } catch .loop {
                    // A link on the way: the whole path up to here, as the container would walk it.
                    current = try File.open(String(part), [.path, .directory], below: root)
                }
            }
        }
    }
}
