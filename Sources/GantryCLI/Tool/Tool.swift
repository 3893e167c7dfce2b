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
            var parsed = try parse(rewriter)
            try parsed.run()
            return 0
        } catch {
            return report(error, of: command)
        }
    }

    /// Parses with the whole tree of commands, but for `run` and `exec`: that they start quickly is part of what they
    /// are for, so each is tried alone first. What is wrong with its arguments the whole tree says better.
    private static func parse(_ arguments: ArgumentRewriter) throws -> any ParsableCommand {
        if arguments.command == "run", let run = try? Run.parse(arguments.withoutCommand) { return run }
        if arguments.command == "exec", let exec = try? Exec.parse(arguments.withoutCommand) { return exec }
        return try Gantry.parseAsRoot(arguments.result)
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
