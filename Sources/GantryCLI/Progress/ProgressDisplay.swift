import GantrySystem

/// Shows how a pull goes on.
protocol ProgressDisplay: AnyObject {
    /// Something before the first layer, or after the last.
    func say(_ text: String) throws(Failure)
    /// The next news of a layer.
    func take(_ line: LayerLine) throws(Failure)
    /// Nothing more comes, be it the end or an error.
    func finish() throws(Failure)
}

/// Says nothing.
final class SilentDisplay: ProgressDisplay {
    func say(_ text: String) {}
    func take(_ line: LayerLine) {}
    func finish() {}
}

/// A line for each thing that happens to a layer, for files and pipes.
final class PlainDisplay: ProgressDisplay {
    private let descriptor: Int32
    private var known = LayerLines()
    /// Layers of which it was said that they are downloaded.
    private var downloaded: Set<String> = []

    init(descriptor: Int32) { self.descriptor = descriptor }

    func say(_ text: String) throws(Failure) { try Console.write(text + "\n", to: descriptor) }

    func take(_ line: LayerLine) throws(Failure) {
        let before = known.take(line, now: Clock.monotonic)
        if before == nil, line.state != "exists" { try say("\(line.layer): Pulling fs layer") }
        guard before?.state != line.state else { return }
        switch line.state {
        case "verifying", "unpacking", "done":
            if downloaded.insert(line.layer).inserted { try say("\(line.layer): Download complete") }
            if line.state == "done" { try say("\(line.layer): \(line.word)") }
        case "exists": try say("\(line.layer): \(line.word)")
        case "retrying": try say("\(line.layer): \(line.word): \(line.message ?? "")")
        default: break
        }
    }

    func finish() {}
}
