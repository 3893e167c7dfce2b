import ArgumentParser

/// `gantry run`: create, attach and start in one.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        // With it the parser does not look for requests of completion scripts, which takes it a quarter of its time.
        _superCommandName: "gantry",
        abstract: "Create and start a container from an image.",
        discussion: """
            Standard input, output and error are the container's, signals are passed on to it, and the exit status is \
            its own: 125 when Gantry failed, 126 when the command cannot be executed, 127 when it is not there. \
            With -d the container runs in the background and its id is printed.

            EXAMPLE
              gantry run --rm -e GREETING=hello busybox sh -c 'echo $GREETING'
              gantry run -d --name web -v ./site:/www:ro --network host busybox httpd -f -h /www
              gantry run -it --rm busybox
              tar c . | gantry run -i --rm busybox tar t
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Run in the background and print the container's id.")
    var detach = false

    @OptionGroup var leaving: DetachOption

    @Flag(name: .customLong("sig-proxy"), inversion: .prefixedNo, help: .hidden)
    var signalProxy = true

    @OptionGroup var pulling: PullOptions
    @OptionGroup var options: ContainerOptions

    /// What was asked for.
    func plan() throws -> ContainerRun {
        ContainerRun(
            request: try options.request(failure: Failure.runStatus), detach: detach,
            interactive: options.interactive, terminal: options.terminal, removes: options.remove,
            signalProxy: signalProxy, idFile: options.cidfile, supply: pulling.supply, detachKeys: leaving.detachKeys)
    }

    func run() throws {
        try plan().run { () throws(Failure) in try connection.connect(failure: Failure.runStatus) }
    }
}
