import ArgumentParser
import Testing

@testable import GantryCLI

@Suite struct ArgumentRewriterTests {
    @Test(arguments: [
        ("container ls -aq", "ps -aq"), ("container list", "ps"), ("image rm -f x", "rmi -f x"),
        ("image inspect x", "inspect --type image x"), ("container frob x", "container frob x"),
        ("ps -aqn3", "ps -a -q -n 3"), ("logs -fn5 c", "logs -f -n 5 c"), ("stop -t=5 c", "stop -t 5 c"),
        ("run -eA=b img", "run -e A=b img"), ("run -e=A=b img", "run -e A=b img"),
        ("run -die A=b img -it -eX", "run -d -i -e A=b img -it -eX"),
        ("run --rm=true -d=false -i=1 img", "run --rm -i img"),
        ("run --name x --rm img --rm=true", "run --name x --rm img --rm=true"),
        ("run --socket S --rm img --socket T", "--socket S run --rm img --socket T"),
        ("run --socket=S img", "--socket=S run img"),
        ("--socket S --namespace=n container run -i img ls", "--socket S --namespace=n run -i img ls"),
        ("run --rm -- img -p", "run --rm -- img -p"), ("run -e -p img", "run -e -p img"),
        ("kill web -sHUP", "kill web -s HUP"), ("load -i -", "load -i -"), ("rm -fv x -- -y", "rm -f -v x -- -y"),
        ("", ""), ("--help", "--help"), ("run", "run"), ("run -e", "run -e"),
        ("run -it img sh", "run -i -t img sh"), ("exec -itu root c ls -t", "exec -i -t -u root c ls -t"),
        ("container exec -d --tty=false c x", "exec -d c x"),
        ("conformance snapshotter --socket S -x", "conformance snapshotter --socket S -x"),
        ("--socket S conformance snapshotter --socket T", "--socket S conformance snapshotter --socket T"),
    ])
    func rewrites(_ typed: String, _ parsed: String) throws {
        let words = typed.split(separator: " ").map(String.init)
        let result = try ArgumentRewriter(words).result.joined(separator: " ")
        // Clusters of flags alone may stay as they are: the parser takes them.
        #expect(result == parsed || result.replacing("-a -q", with: "-aq") == parsed)
    }

    @Test(arguments: [
        ("run -p 80:80 img", "bridge networks", 125), ("run -dp80:80 img", "bridge networks", 125),
        ("run --publish=80 img", "bridge networks", 125), ("create -p 80 img", "bridge networks", 1),
        ("container run --gpus all img", "--gpus", 125), ("run --restart always img", "--restart", 125),
        ("run --cgroupns host img", "--cgroupns", 125), ("run --rm=maybe img", "true or false", 125),
        ("run --volumes-from web img", "--volumes-from", 125),
    ])
    func refusesWhatDoesNotExistYet(_ typed: String, _ sentence: String, _ status: Int32) {
        let words = typed.split(separator: " ").map(String.init)
        let failure = #expect(throws: Failure.self) { try ArgumentRewriter(words) }
        #expect(failure?.message.contains(sentence) == true, "\(failure as Any)")
        #expect(failure?.status == status)
    }

    @Test func everyVerbOfAGroupLeadsToACommand() throws {
        let known = Gantry.configuration.subcommands.map { $0.configuration.commandName ?? "" }
        for (_, verbs) in ArgumentRewriter.groups {
            for (_, words) in verbs { #expect(known.contains(words[0]), "\(words)") }
        }
    }

    @Test func everyCommandHasHelpWithAnExample() {
        for command in Gantry.configuration.subcommands {
            let configuration = command.configuration
            #expect(configuration.commandName != nil)
            #expect(configuration.abstract.hasSuffix("."))
            #expect(configuration.discussion.contains("EXAMPLE\n"), "\(configuration.commandName ?? "")")
        }
    }
}
