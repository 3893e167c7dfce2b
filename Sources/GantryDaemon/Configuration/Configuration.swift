/// How a daemon is set up: built-in defaults, overruled by `gantry.toml`, by `conf.d/*.toml` beside it, and by the
/// command line.
///
/// `config/gantry.toml` shows every key with its default; a test holds the two equal.
package struct Configuration: Sendable, Equatable {
    /// What survives a reboot: images, containers, the database.
    package var root = "/var/lib/gantry"
    /// What does not: sockets, mounts, the bundles of running containers.
    package var state = "/run/gantry"
    /// `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.
    package var logLevel = "info"
    /// The driver that containers get when they name none.
    package var snapshotter = "overlayfs"
    /// `off`, `simple` or `full`; see `BtrfsQuota`.
    package var btrfsQuota = "off"
    /// `auto`, `crun`, `runc` or the absolute path of an OCI runtime.
    package var runtime = "auto"
    /// `auto`, `cgroupfs` or `systemd`.
    package var cgroupDriver = "auto"
    /// The directory of the manifests of plugins that live in other processes.
    package var pluginsDirectory = "/etc/gantry/plugins"
    /// Plugins, as `kind/name`, without which the daemon does not start.
    package var requiredPlugins = [String]()
    /// The group that may use the socket, and so equals root; none when it does not exist.
    package var group = "gantry"
    /// The group that may use the read-only socket.
    package var readOnlyGroup = "gantry-ro"
    /// Whether the read-only socket shows logs and blobs too.
    package var readOnlyShowsContent = false
    /// Most bytes of one unpacked layer.
    package var layerSize: Int64 = 64 << 30
    /// Connections at once.
    package var connections: Int64 = 4096
    /// Threads for calls that block.
    package var threads: Int64 = 64
    /// Seconds that `stop` waits before it kills, where the container does not say.
    package var stopTimeout: Int64 = 10
    /// The first of the machine's ids that `--userns=auto` hands out, and how many of them there are: a multiple of 65536.
    package var userIDs: Int64 = 1_879_048_192
    package var userIDCount: Int64 = 268_435_456
    /// The directory that says how single registries are reached, one directory a host.
    package var hostsDirectory = "/etc/gantry/hosts"
    /// Seconds that a connection to a registry may take to come up.
    package var registryConnectTimeout: Int64 = 30
    /// Seconds without a byte after which a transfer counts as broken.
    package var registryStallTimeout: Int64 = 30
    /// How often a request to a registry is tried in all, when what went wrong may pass.
    package var registryAttempts: Int64 = 4
    /// Layers that one pull downloads at once.
    package var concurrentDownloads: Int64 = 3
    /// Events kept for those who subscribe later.
    package var events: Int64 = 10_000

    package init() {}
}
