/// Turns arguments as docker's users type them into what the parser takes. A pure function of the arguments.
///
/// ```
/// container ls -aq           ->  ps -a -q
/// run -eA=b --rm=true img    ->  run -e A=b --rm img
/// run --socket S img         ->  --socket S run img
/// ```
struct ArgumentRewriter {
    /// The rewritten arguments.
    private(set) var result: [String] = []
    /// The command's name once groups are resolved; nil when there is none.
    private(set) var command: String?

    /// The same without the command's name.
    private(set) var withoutCommand: [String] = []

    /// Options that hold for every command; all of them take a value.
    static let global: Set<String> = ["--socket", "--namespace"]

    /// Commands that are programs of their own: all behind them is theirs, a `--socket` too.
    private static let programs: Set<String> = ["conformance"]

    /// - Throws: a `Failure` that says that an option of docker's does not exist here yet.
    init(_ arguments: [String]) throws(Failure) {
        var rest = arguments[...]
        var globals: [String] = []
        while let next = rest.first, next.hasPrefix("-"), next != "-" {
            Self.move(&rest, to: &globals, takesValue: Self.global.contains(next))
        }
        let words = Self.resolve(&rest)
        command = words.first
        guard let command else {
            result = globals + rest
            return
        }
        if Self.programs.contains(command) {
            result = globals + words + rest
            withoutCommand = globals + words.dropFirst() + rest
            return
        }
        var options: [String] = []
        let spelling = Spelling.of(command)
        while let next = rest.first {
            if next == "--" { break }
            guard next.hasPrefix("-"), next != "-" else {
                if spelling.passThrough { break }
                Self.move(&rest, to: &options, takesValue: false)
                continue
            }
            if next.hasPrefix("--") {
                let name = String(next.prefix { $0 != "=" })
                if let sentence = spelling.later[name] { throw Self.refuse(command, sentence) }
                if Self.global.contains(name) {
                    Self.move(&rest, to: &globals, takesValue: name == next)
                } else if spelling.flags.contains(name), name != next {
                    rest.removeFirst()
                    options += try Self.flag(name, value: next.dropFirst(name.count + 1), command)
                } else {
                    let takesValue = spelling.passThrough && name == next && !spelling.flags.contains(name)
                    Self.move(&rest, to: &options, takesValue: takesValue)
                }
            } else {
                rest.removeFirst()
                try Self.expand(next, spelling, command, &rest, into: &options)
            }
        }
        result = globals + words + options + rest
        withoutCommand = globals + words.dropFirst() + options + rest
    }

    /// Resolves `container ls` to `ps` and its like. A group without a known command stays, for its help.
    private static func resolve(_ rest: inout ArraySlice<String>) -> [String] {
        guard let word = rest.popFirst() else { return [] }
        guard let group = groups[word], let verb = rest.first, let words = group[verb] else { return [word] }
        rest.removeFirst()
        return words
    }

    /// The commands of each group, by docker's names and aliases.
    static let groups: [String: [String: [String]]] = {
        var container: [String: [String]] = ["ls": ["ps"], "list": ["ps"], "ps": ["ps"], "remove": ["rm"]]
        for verb in [
            "attach", "create", "exec", "export", "kill", "logs", "pause", "rename", "restart", "rm", "run", "start",
            "stats",
            "stop", "top", "unpause", "update", "wait",
        ] {
            container[verb] = [verb]
        }
        container["inspect"] = ["inspect", "--type", "container"]
        container["prune"] = ["container-prune"]
        return [
            "container": container,
            "image": [
                "ls": ["images"], "list": ["images"], "rm": ["rmi"], "remove": ["rmi"], "tag": ["tag"],
                "load": ["load"], "pull": ["pull"], "inspect": ["inspect", "--type", "image"],
            ],
            "system": ["info": ["info"], "events": ["events"]],
            "plugin": ["ls": ["plugins"], "list": ["plugins"]],
        ]
    }()

    private static func move(_ rest: inout ArraySlice<String>, to list: inout [String], takesValue: Bool) {
        list.append(rest.removeFirst())
        if takesValue, let value = rest.popFirst() { list.append(value) }
    }

    /// `--rm=true` is `--rm`, `--rm=false` is nothing.
    private static func flag(_ name: String, value: Substring, _ command: String) throws(Failure) -> [String] {
        switch value {
        case "true", "1", "t", "T", "TRUE", "True": return [name]
        case "false", "0", "f", "F", "FALSE", "False": return []
        default:
            let status = status(ofUsageIn: command)
            throw Failure("\(command): \(name) takes true or false, not '\(value)'", status: status)
        }
    }

    /// Splits `-dieA=b` into `-d -i -e A=b`.
    private static func expand(
        _ cluster: String, _ spelling: Spelling, _ command: String, _ rest: inout ArraySlice<String>,
        into options: inout [String]
    ) throws(Failure) {
        var letters = cluster.dropFirst()
        while let letter = letters.popFirst() {
            let option = "-\(letter)"
            if let sentence = spelling.later[option] { throw refuse(command, sentence) }
            if letters.first == "=", spelling.flags.contains(option) {
                options += try flag(option, value: letters.dropFirst(), command)
                return
            }
            options.append(option)
            guard spelling.valued.contains(letter) else { continue }
            if letters.first == "=" { letters.removeFirst() }
            if !letters.isEmpty {
                options.append(String(letters))
            } else if cluster.hasSuffix("=") {
                options.append("")
            } else if let value = rest.popFirst() {
                options.append(value)
            }
            return
        }
    }

    private static func refuse(_ command: String, _ sentence: String) -> Failure {
        Failure("\(command): \(sentence)", status: status(ofUsageIn: command))
    }

    /// The exit status of a usage error: 125 of `run` as docker has it, 1 of all others.
    static func status(ofUsageIn command: String?) -> Int32 { command == "run" ? Failure.runStatus : 1 }
}
