/// A command line of the most usual options only, read at once: the parser needs milliseconds to learn what options there
/// are, a fifth of the time of a whole `run`. Whatever is not understood here, right or wrong, is the parser's.
///
/// A test holds the two equal.
struct QuickLine {
    /// What an option takes.
    enum Kind { case flag, one, many }

    private(set) var flags: Set<String> = []
    private(set) var values: [String: [String]] = [:]
    /// What follows the options.
    private(set) var words: [String] = []

    /// - Parameters:
    ///   - arguments: without the command's name, as the rewriter leaves them: an option a word, its value in the next.
    ///   - options: by their long names; `aliases` leads there from the others.
    /// - Returns: nil for anything else than these options, then words.
    init?(_ arguments: [String], _ options: [String: Kind], aliases: [String: String]) {
        var rest = arguments[...]
        while let word = rest.first, word.hasPrefix("-") {
            rest.removeFirst()
            var name = word
            var value: String?
            if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
                name = String(word[..<equals])
                value = String(word[word.index(after: equals)...])
            }
            name = aliases[name] ?? name
            switch options[name] {
            case .flag where value == nil: flags.insert(name)
            case .one, .many:
                guard let value = value ?? rest.popFirst(), !value.isEmpty else { return nil }
                if values[name] != nil, options[name] == .one { return nil }
                values[name, default: []].append(value)
            default: return nil
            }
        }
        guard !rest.isEmpty else { return nil }
        words = Array(rest)
    }

    func has(_ flag: String) -> Bool { flags.contains(flag) }
    subscript(_ option: String) -> String? { values[option]?.first }

    /// Which daemon is meant.
    var connection: ConnectionOptions {
        var connection = ConnectionOptions()
        connection.socket = self["--socket"]
        connection.namespace = self["--namespace"]
        return connection
    }

    /// Of every command.
    static let common: [String: Kind] = ["--socket": .one, "--namespace": .one]
}
