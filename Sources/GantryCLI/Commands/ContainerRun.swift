import GantryModel
import GantryWire

/// A container to create, attach and start, as `gantry run` was asked: whoever has read its arguments.
struct ContainerRun {
    /// The parameters of `containers.create`.
    var request: JSONObject
    var detach = false
    var interactive = false
    var terminal = false
    /// Whether it is removed when it has ended.
    var removes = false
    var signalProxy = true
    /// Where its id goes.
    var idFile: String?
    var supply = ImageSupply()
    /// `--detach-keys`.
    var detachKeys: String?

    /// Does it, and ends as the container does.
    func run(_ connect: () throws(Failure) -> Daemon) throws {
        var request = request
        let keys = try DetachOption.keys(detachKeys, terminal: terminal && !detach)
        if !detach {
            try UserTerminal.check(terminal: terminal, input: interactive)
            if terminal { request["consoleSize"] = UserTerminal.window?.consoleSize }
        }
        let daemon = try connect()
        do {
            let id = try supply.create(request, daemon, file: idFile, failure: Failure.runStatus)
            if detach {
                do {
                    try DetachedStart(daemon: daemon, container: id).run()
                } catch {
                    if removes { Foreground.discard(id, daemon) }
                    throw error
                }
                try Console.line(id)
            } else {
                try Foreground(
                    daemon: daemon, container: id, input: interactive, removes: removes, isNew: true,
                    terminal: terminal, keys: keys, signalProxy: signalProxy
                ).run()
            }
        } catch let error as GantryError {
            throw error.failure(status: Failure.runStatus)
        }
    }
}
