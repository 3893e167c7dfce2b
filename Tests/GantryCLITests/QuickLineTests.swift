import ArgumentParser
import GantryWire
import Testing

@testable import GantryCLI

/// What is read without the parser is what the parser would have read.
@Suite struct QuickLineTests {
    private static let runs: [[String]] = [
        ["busybox"], ["busybox", "true"], ["--rm", "busybox", "echo", "-n", "--rm"],
        ["-d", "--name", "web", "busybox"],
        ["-i", "-t", "--rm", "busybox", "sh"], ["-e", "A=b", "--env", "C=d=e", "--env=F=g", "busybox", "env"],
        ["-w", "/work", "-u", "1000:1000", "--network", "host", "--runtime=runc", "busybox"],
        ["--net", "none", "--entrypoint", "/bin/sh", "-l", "a=b", "--label", "c", "--init", "busybox", "-c", "true"],
        ["-v", "/tmp:/t:ro", "--volume", "data:/d", "--volume=/anonymous", "--snapshotter", "native", "busybox"],
        ["--socket", "/run/x.sock", "--namespace", "other", "--rm", "busybox", "true"],
        ["--name", "-odd", "busybox"],
    ]

    @Test(arguments: runs) func runIsTheSame(_ arguments: [String]) throws {
        let quick = try #require(Run.quick(arguments))
        let parsed = try Run.parse(arguments)
        let plan = try parsed.plan()
        #expect(quick.plan.request == plan.request)
        #expect(quick.plan.detach == plan.detach && quick.plan.removes == plan.removes)
        #expect(quick.plan.interactive == plan.interactive && quick.plan.terminal == plan.terminal)
        #expect(quick.plan.signalProxy == plan.signalProxy && quick.plan.idFile == plan.idFile)
        #expect(quick.plan.supply.policy == plan.supply.policy && quick.plan.supply.quiet == plan.supply.quiet)
        #expect(quick.connection.socket == parsed.connection.socket)
        #expect(quick.connection.namespace == parsed.connection.namespace)
    }

    /// Anything else is left to the parser: other options, mistakes, help.
    @Test(arguments: [
        [], ["--rm"], ["--help"], ["--memory", "64m", "busybox"], ["--rm", "--", "busybox"], ["--name"],
        ["--name=", "busybox"],
        ["--name", "a", "--name", "b", "busybox"], ["--network", "bridge", "busybox"], ["-v", "x:y:z:w", "busybox"],
        ["--rm=maybe", "busybox"], ["-x", "busybox"], ["--pull", "always", "busybox"],
    ]) func otherLinesAreTheParsers(_ arguments: [String]) {
        #expect(Run.quick(arguments) == nil)
    }

    @Test(arguments: [
        ["web", "true"], ["-i", "-t", "web", "sh", "-c", "exit 3"],
        ["-d", "-e", "A=b", "-w", "/x", "-u", "root", "web", "ls"],
        ["--privileged", "--env=B=c", "web", "id", "-u"], ["--socket", "/run/x.sock", "web", "true"],
    ]) func execIsTheSame(_ arguments: [String]) throws {
        let quick = try #require(Exec.quick(arguments))
        let parsed = try Exec.parse(arguments)
        #expect(try quick.request() == parsed.request())
        #expect(quick.detach == parsed.detach && quick.leaving.detachKeys == parsed.leaving.detachKeys)
        #expect(quick.connection.socket == parsed.connection.socket)
    }

    @Test(arguments: [
        ["web"], [], ["--env-file", "f", "web", "ls"], ["--detach-keys", "ctrl-x", "web", "sh"], ["-q", "web", "ls"],
    ])
    func otherExecsAreTheParsers(_ arguments: [String]) {
        #expect(Exec.quick(arguments) == nil)
    }
}
