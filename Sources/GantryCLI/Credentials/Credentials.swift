import GantryWire

/// The logins of the user who runs this program, where docker keeps them: in its configuration, or with the helper that
/// the configuration names.
enum Credentials {
    /// The parameter `auth` for a registry that a reference names; nil for nobody's.
    ///
    /// A configuration that cannot be read is told and passed over, as docker does: most images are for everybody, and
    /// the registry says so if this one is not.
    static func auth(for domain: String) -> JSON? {
        do throws(Failure) {
            guard let path = DockerConfig.place else { return nil }
            return try login(for: RegistryName(domain: domain), in: DockerConfig(path: path))?.json
        } catch {
            Console.error("WARNING: going on without a login: \(error.message)")
            return nil
        }
    }

    /// The login for a registry; nil when there is none.
    static func login(for registry: RegistryName, in config: DockerConfig) throws(Failure) -> StoredLogin? {
        if let helper = config.helper(for: registry), let login = try helper.get(registry.key) { return login }
        guard let (key, entry) = config.entry(for: registry) else { return nil }
        return try StoredLogin(entry: entry, of: key)
    }

    /// Keeps a login. The result is the file that holds the secret readably; nil when a helper has it.
    static func store(
        _ login: StoredLogin, for registry: RegistryName, in config: inout DockerConfig
    ) throws(Failure) -> String? {
        if let helper = config.helper(for: registry) {
            try helper.store(login, registry.key)
            // Docker notes by an empty entry that there is a login.
            config.setEntry([:], for: registry)
            try config.save()
            return nil
        }
        config.setEntry(login.entry(replacing: config.entry(for: registry)?.value), for: registry)
        try config.save()
        return config.path
    }

    /// Forgets a login; false when there was none.
    static func erase(_ registry: RegistryName, in config: inout DockerConfig) throws(Failure) -> Bool {
        var isKnown = config.entry(for: registry) != nil
        if let helper = config.helper(for: registry) {
            if !isKnown { isKnown = try helper.get(registry.key) != nil }
            if isKnown { try helper.erase(registry.key) }
        }
        guard isKnown else { return false }
        if config.entry(for: registry) != nil {
            config.setEntry(nil, for: registry)
            try config.save()
        }
        return true
    }
}
