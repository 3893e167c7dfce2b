import ArgumentParser
import GantryModel
import GantrySystem
import GantryWire

/// The `gantry` program: arguments in, exit status out.
public enum Tool {
    /// Runs the command that the program's arguments name, and ends the program.
    public static func main() -> Never {
        Console.occupyStandardDescriptors()
        Processes.exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs one command and gives its exit status.
    static func run(_ arguments: [String]) -> Int32 {
        var command: String?
        do {
            let rewriter = try ArgumentRewriter(arguments)
            command = rewriter.command
            Forewarning.give(rewriter)
            try perform(rewriter)
            return 0
        } catch {
            return report(error, of: command)
        }
    }

    /// Runs the command: `run` and `exec` without the parser where that is not needed, since that they start quickly is part
    /// of what they are for; then each tried alone, and the whole tree of commands only where something is wrong.
    private static func perform(_ arguments: ArgumentRewriter) throws {
        let rest = arguments.withoutCommand
        switch arguments.command {
        case "run":
            if let (plan, connection) = Run.quick(rest) {
                return try plan.run { () throws(Failure) in try connection.connect(failure: Failure.runStatus) }
            }
            if let run = try? Run.parse(rest) { return try run.run() }
        case "exec":
            if let exec = try? Exec.quick(rest) ?? Exec.parse(rest) { return try exec.run() }
        default: break
        }
        var command = try Gantry.parseAsRoot(arguments.result)
        try command.run()
    }

    private static func knows(_ command: String) -> Bool {
        let known = Gantry.configuration.subcommands
        return command == "help" || known.contains { $0.configuration.commandName == command }
    }

    /// Prints what there is to print about `error` and gives the exit status that it stands for.
    private static func report(_ error: any Error, of command: String?) -> Int32 {
        let usage = ArgumentRewriter.status(ofUsageIn: command)
        switch error {
        case let failure as Failure:
            if !failure.message.isEmpty { Console.error("Error: \(failure.message)") }
            return failure.status
        case let failure as GantryError:
            let failure = failure.failure(status: usage)
            Console.error("Error: \(failure.message)")
            return failure.status
        case let failure as TemplateError:
            Console.error("Error: \(failure)")
            return usage
        case let failure as Errno:
            Console.error("Error: \(command ?? "gantry"): \(failure)")
            return usage
        default:
            break
        }
        if let command, !knows(command) {
            Console.error("Error: '\(command)' is not a gantry command. See 'gantry --help'.")
            return usage
        }
        // Help and the version arrive as errors too; the parser tells them by their exit code.
        let text = Gantry.fullMessage(for: error)
        guard Gantry.exitCode(for: error).isSuccess else {
            Console.error(text)
            return usage
        }
        do {
            try Console.line(text)
            return 0
        } catch {
            return error.status
        }
    }
}
