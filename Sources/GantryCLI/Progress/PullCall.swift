import GantryClient
import GantryModel
import GantrySystem
import GantryWire

/// A pull as commands make it: the call, its progress, and what there is to say in the end.
struct PullCall {
    /// As it was typed.
    var image: String
    var platform: String?
    /// Whether nothing is shown.
    var quiet: Bool
    /// Where the progress goes: 1 for `pull`, 2 for `run`.
    var descriptor: Int32

    /// What came of it.
    struct Outcome {
        var name: Reference
        var digest: String
        var isNew: Bool
    }

    /// Pulls and shows how it goes on. The status lines are part of that.
    func run(_ daemon: Daemon) throws -> Outcome {
        let reference = try parsed()
        let display = display()
        var request: JSONObject = ["image": .string(image)]
        request["platform"] = platform.map { .string($0) }
        request["auth"] = Credentials.auth(for: reference.domain)
        let title = "\(reference.tag ?? reference.description): Pulling from \(reference.path)"
        var isTitled = false
        let result: JSON
        do {
            result = try daemon.client.stream("images.pull", request) { item in
                guard let line = LayerLine(item) else { return }
                if !isTitled { try display.say(title) }
                isTitled = true
                try display.take(line)
            }
            try display.finish()
        } catch {
            try? display.finish()
            throw error
        }
        if !isTitled { try display.say(title) }
        let outcome = Outcome(
            name: (try? Reference(result["name"]?.string ?? "")) ?? reference,
            digest: result["digest"]?.string ?? "", isNew: result["status"]?.string == "downloaded")
        try display.say("Digest: \(outcome.digest)")
        let status = outcome.isNew ? "Downloaded newer image for" : "Image is up to date for"
        try display.say("Status: \(status) \(outcome.name.familiar)")
        return outcome
    }

    /// - Throws: `.invalidArgument` for what is no name of an image.
    func parsed() throws(GantryError) -> Reference {
        let reference = try Reference(image)
        return reference.digest.map { reference.pinned(to: $0) } ?? reference
    }

    private func display() -> any ProgressDisplay {
        if quiet { return SilentDisplay() }
        if Terminal.isTerminal(descriptor) { return TerminalDisplay(descriptor: descriptor) }
        return PlainDisplay(descriptor: descriptor)
    }
}
