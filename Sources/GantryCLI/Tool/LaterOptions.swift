/// Docker's options that this version does not have. Each is refused with a sentence; none is passed over in silence.
enum LaterOptions {
    /// Of `run` and `create`, by every spelling.
    static let container: [String: String] = {
        var table: [String: String] = [:]
        for option in plain { table["--" + option] = "--\(option) is not available in this version" }
        for (options, sentence) in sentences {
            for option in options { table[option] = sentence }
        }
        return table
    }()

    private static let sentences: [([String], String)] = [
        (
            ["-p", "--publish", "-P", "--publish-all", "--expose"],
            "port publishing needs bridge networks, which this version does not have"
        ),
        (
            ["-a", "--attach"],
            "-a, --attach is not available in this version; run attaches to all streams, or to none with -d"
        ),
    ]

    /// Of `pull`.
    static let pull: [String: String] = {
        let sentence = "-a, --all-tags is not available in this version; name each tag"
        let trust = "--disable-content-trust is not available in this version, which has no content trust to disable"
        return ["-a": sentence, "--all-tags": sentence, "--disable-content-trust": trust]
    }()

    private static let plain = [
        "blkio-weight-device", "cgroupns", "cpu-count",
        "cpu-percent", "cpu-rt-period", "cpu-rt-runtime",
        "device-read-bps", "device-read-iops", "device-write-bps",
        "device-write-iops", "disable-content-trust", "gpus", "health-cmd", "health-interval",
        "health-retries", "health-start-interval", "health-start-period", "health-timeout", "ip", "ip6",
        "io-maxbandwidth", "io-maxiops", "isolation", "kernel-memory", "link", "link-local-ip",
        "mac-address",
        "network-alias",
        "no-healthcheck", "oom-score-adj", "restart", "storage-opt",
        "use-api-socket", "volume-driver", "volumes-from",
    ]
}
