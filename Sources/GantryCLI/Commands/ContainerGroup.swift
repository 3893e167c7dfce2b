import ArgumentParser

/// `gantry container …`: the rewriter has replaced every verb it knows, so what arrives here is unknown or asks for help.
struct ContainerGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "container",
        abstract: "The commands for containers, by docker's long names.",
        discussion: """
            container ls (list, ps) is ps, container rm (remove) is rm, container inspect is inspect --type \
            container; attach, create, exec, export, kill, logs, pause, rename, restart, run, start, stats, stop, top, unpause, \
            update and wait are what they are without 'container'. container prune removes all that do not run.

            EXAMPLE
              gantry container ls -a
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(parsing: .captureForPassthrough, help: .hidden)
    var words: [String] = []

    func run() throws { try GroupVerb.explain("container", words) }
}

/// What to say about a word that is no verb of a group.
enum GroupVerb {
    static func explain(_ group: String, _ words: [String]) throws(Failure) {
        let verbs = (ArgumentRewriter.groups[group] ?? [:]).keys.sorted().joined(separator: ", ")
        guard let verb = words.first, verb != "--help" else {
            throw Failure("\(group): name one of \(verbs)")
        }
        throw Failure("\(group): there is no '\(verb)'; there are \(verbs)")
    }
}
