import GantryWire

/// One layer of a pull as it is shown. A pure value.
struct LayerLine: Equatable {
    /// The beginning of the digest.
    var layer: String
    /// The protocol's word.
    var state: String
    var current: Int64
    var total: Int64
    var message: String?
    /// Bytes a second, while it comes.
    var speed: Int64?

    /// Reads an item of `images.pull`; nil for what is none.
    init?(_ item: JSON) {
        guard let layer = item["layer"]?.string, let state = item["state"]?.string else { return nil }
        self.layer = layer
        self.state = state
        current = item["current"]?.int ?? 0
        total = item["total"]?.int ?? 0
        message = item["message"]?.string
    }

    /// What docker calls the state.
    var word: String {
        switch state {
        case "waiting": "Waiting"
        case "downloading": "Downloading"
        case "verifying": "Verifying Checksum"
        case "unpacking": "Extracting"
        case "done": "Pull complete"
        case "exists": "Already exists"
        case "retrying": "Retrying"
        default: state
        }
    }

    /// Whether nothing more will happen to it.
    var isOver: Bool { state == "done" || state == "exists" }
    /// Whether something happens to it now.
    var isMoving: Bool { !isOver && state != "waiting" }

    /// The line in at most `columns` characters. What does not fit is left out: the speed first, then the bar.
    ///
    ///     2f1e0d9c8b7a: Downloading [=========>          ]  12.5MB/104MB  34.1MB/s
    func text(columns: Int) -> String {
        let head = "\(layer): \(word)"
        guard isMoving, total > 0, state != "verifying" else { return String(head.prefix(columns)) }
        if let message, state == "retrying" { return String("\(head): \(message)".prefix(columns)) }
        let bytes = "\(HumanSize(bytes: current))/\(HumanSize(bytes: total))"
        let rate = speed.map { "  \(HumanSize(bytes: $0))/s" } ?? ""
        // The longest of the moving words, so that bars stand below one another.
        let padded = head + String(repeating: " ", count: max(0, 25 - head.count))
        for width in [30, 20, 10] where padded.count + width + bytes.count + rate.count + 5 <= columns {
            return "\(padded) [\(Self.bar(current, total, width))]  \(bytes)\(rate)"
        }
        let short = "\(head) \(bytes)"
        return short.count <= columns ? short : String(head.prefix(columns))
    }

    private static func bar(_ current: Int64, _ total: Int64, _ width: Int) -> String {
        let filled = min(width, Int(Double(max(0, current)) / Double(total) * Double(width)))
        if filled == width { return String(repeating: "=", count: width) }
        let done = filled == 0 ? "" : String(repeating: "=", count: filled - 1) + ">"
        return done + String(repeating: " ", count: width - filled)
    }
}
