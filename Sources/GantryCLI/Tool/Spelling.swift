/// How docker's users spell a command's options, where swift-argument-parser wants them spelt otherwise.
///
/// Docker (pflag) takes `-eA=b`, `-itv SRC:DST`, `--rm=true`; and behind the image of `run`, everything is the
/// container's. This is what has to be known to rewrite the former without touching the latter.
struct Spelling {
    /// Short options that take a value.
    var valued = ""
    /// Long options that take none; every other one takes a value. Needed only with `passThrough`.
    var flags: Set<String> = []
    /// Whether the first argument that is no option ends the options.
    var passThrough = false
    /// Options of docker's that Gantry will have later, and the sentence that refuses each.
    var later: [String: String] = [:]

    /// The spelling of the command with this name.
    static func of(_ command: String) -> Spelling {
        switch command {
        case "run", "create":
            Spelling(
                valued: "euvwlhpacm", flags: Spelling.containerFlags, passThrough: true, later: LaterOptions.container)
        case "exec": Spelling(valued: "euw", flags: Spelling.execFlags, passThrough: true)
        case "attach", "start": Spelling(flags: ["--no-stdin", "--sig-proxy"])
        case "pull": Spelling(later: LaterOptions.pull)
        case "load": Spelling(valued: "i")
        case "login": Spelling(valued: "up")
        case "ps": Spelling(valued: "nf")
        case "stop", "restart": Spelling(valued: "ts")
        case "kill": Spelling(valued: "s")
        case "logs": Spelling(valued: "n")
        case "events": Spelling(valued: "f")
        case "export": Spelling(valued: "o")
        case "update": Spelling(valued: "mc")
        case "top": Spelling(passThrough: true)
        case "inspect", "version", "info": Spelling(valued: "f")
        default: Spelling()
        }
    }

    static let execFlags: Set<String> = [
        "-d", "--detach", "-i", "--interactive", "-t", "--tty", "--privileged", "--help",
    ]

    static let containerFlags: Set<String> = [
        "-d", "--detach", "-i", "--interactive", "--rm", "--help", "-t", "--tty", "-P", "--publish-all", "--init",
        "--privileged", "--read-only", "--no-healthcheck", "--oom-kill-disable", "--sig-proxy", "-q", "--quiet",
    ]
}
