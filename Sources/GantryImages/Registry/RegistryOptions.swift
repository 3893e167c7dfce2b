/// How registries are talked to, the same for all of them; `[registry]` of `gantry.toml`.
package struct RegistryOptions: Sendable, Equatable {
    /// The directory that has one directory for each host that is configured; see `RegistryHosts`.
    package var hostsDirectory: String
    /// Seconds that a connection may take to come up, name look-up and TLS included.
    package var connectTimeout: Int64
    /// Seconds without a byte after which a transfer counts as broken.
    package var stallTimeout: Int64
    /// How often a request is tried in all, when what went wrong may pass.
    package var attempts: Int64
    /// Milliseconds before the second attempt; four times as long before each further one.
    package var retryDelay: Int64
    /// `gantry/0.1.0`.
    package var userAgent: String

    /// The built-in defaults.
    package init(
        hostsDirectory: String = "/etc/gantry/hosts", connectTimeout: Int64 = 30, stallTimeout: Int64 = 30,
        attempts: Int64 = 4, retryDelay: Int64 = 250, userAgent: String = "gantry"
    ) {
        self.hostsDirectory = hostsDirectory
        self.connectTimeout = connectTimeout
        self.stallTimeout = stallTimeout
        self.attempts = attempts
        self.retryDelay = retryDelay
        self.userAgent = userAgent
    }
}
