import GantrySystem
import Testing

/// The whole engine, as a user meets it: every test has a `gantryd` of its own, talks to it by `gantry` or by the
/// protocol, and counts what is left on the machine afterwards. One test at a time: they share the machine.
@Suite(.serialized) enum Integration {}

/// Runs `body` with an engine that has these images, ends the engine, and fails when it has left anything behind.
func withEngine(
    _ images: [Images.Recipe] = [Images.busybox], configuration: String = "", arguments: [String] = [],
    in place: String? = nil, at location: SourceLocation = #_sourceLocation, _ body: (Engine) throws -> Void
) throws {
    try Machine.require()
    let engine = try Engine(configuration: configuration, arguments: arguments, in: place)
    let books = Books(of: engine)
    do {
        try engine.start()
        for image in images { try engine.must("load", "-i", Images.archive(image)) }
        try body(engine)
        if engine.daemonPID == nil { try engine.start() }
    } catch {
        Issue.record("\(error)\n--- gantryd said:\n\(engine.daemonLog.suffix(3000))", sourceLocation: location)
        if engine.daemonPID == nil { try? engine.start() }
    }
    do {
        try engine.removeAllContainers()
        #expect(try engine.stop() == 0, "gantryd's exit status after SIGTERM", sourceLocation: location)
    } catch {
        Issue.record("end of the engine: \(error)\n\(engine.daemonLog.suffix(3000))", sourceLocation: location)
        try? engine.kill()
    }
    let leftovers = books.leftovers()
    if leftovers.isEmpty {
        try engine.removeFiles()
    } else {
        let list = leftovers.joined(separator: "\n  ")
        Issue.record("left behind (see \(engine.root)):\n  \(list)", sourceLocation: location)
    }
}
