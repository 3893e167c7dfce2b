import GantrySystem
import GantryWire

/// Docker's `config.json`: shared with docker, so what is not understood here stays as it is.
struct DockerConfig {
    /// Where the file is, or will be.
    let path: String
    /// All that it holds.
    private(set) var object: JSONObject

    /// `$DOCKER_CONFIG/config.json`, or `~/.docker/config.json`; nil without either variable.
    static var place: String? {
        func directory(_ name: String) -> String? { Host.variable(name).flatMap { $0.isEmpty ? nil : $0 } }
        return (directory("DOCKER_CONFIG") ?? directory("HOME").map { $0 + "/.docker" }).map { $0 + "/config.json" }
    }

    /// Reads it; one that is not there is empty.
    /// - Throws: a `Failure` when it cannot be read or is no JSON object.
    init(path: String) throws(Failure) {
        self.path = path
        let bytes = try Self.contents(path)
        // docker leaves an empty file now and then, and reads it as an empty object.
        if bytes.allSatisfy({ $0 <= 0x20 }) {
            object = [:]
        } else if let parsed = (try? JSON.parse(bytes))?.object {
            object = parsed
        } else {
            throw Failure("read '\(path)': not a JSON object")
        }
    }

    private static func contents(_ path: String) throws(Failure) -> [UInt8] {
        do throws(Errno) {
            return try File.contents(path, limit: 16 << 20)
        } catch {
            if error == .noEntry || error == .notDirectory { return [] }
            throw Failure("read '\(path)': \(error)")
        }
    }

    // MARK: Entries

    /// The entry that this file holds for a registry, with its key; a key that is exactly docker's goes first.
    func entry(for registry: RegistryName) -> (key: String, value: JSON)? {
        let auths = object["auths"]?.object ?? [:]
        if let exact = auths[registry.key] { return (registry.key, exact) }
        return auths.members.first { registry.isMeant(by: $0.key) }.map { ($0.key, $0.value) }
    }

    /// Sets the entry of a registry; nil takes away every one that means it.
    mutating func setEntry(_ entry: JSON?, for registry: RegistryName) {
        var auths = object["auths"]?.object ?? [:]
        for member in auths.members
        where registry.isMeant(by: member.key) && (entry == nil || member.key != registry.key) {
            auths[member.key] = nil
        }
        if let entry { auths[registry.key] = entry }
        object["auths"] = .object(auths)
    }

    /// The helper that keeps a registry's logins, as `docker-credential-NAME`; nil when this file does.
    func helper(for registry: RegistryName) -> CredentialHelper? {
        let single = registry.helperKeys.lazy.compactMap { object["credHelpers"]?[$0]?.string }.first
        guard let name = single ?? object["credsStore"]?.string, !name.isEmpty else { return nil }
        return CredentialHelper(name: name)
    }

    // MARK: Writing

    /// Writes it back in one step, for its owner's eyes only. A link leads to the file that is written.
    func save() throws(Failure) {
        let target = Self.target(of: path)
        do throws(Errno) {
            let directory = Path.parent(of: target)
            if !Path.exists(directory) { try Path.makeDirectories(directory, mode: 0o700) }
            // Left by one that was killed, it might have another mode.
            do throws(Errno) { try Path.unlink(target + ".new") } catch { if error != .noEntry { throw error } }
            let text = JSON.object(object).pretty() + "\n"
            try File.replace(target, with: Array(text.utf8), mode: 0o600, sync: true)
        } catch {
            throw Failure("write '\(path)': \(error)")
        }
    }

    private static func target(of path: String) -> String {
        var path = path
        for _ in 0..<8 {
            guard let link = try? Path.readLink(path) else { return path }
            path = link.hasPrefix("/") ? link : "\(Path.parent(of: path))/\(link)"
        }
        return path
    }
}
