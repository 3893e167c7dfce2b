import GantryWire

/// What `--format` takes: text with `{{…}}` in it, the part of Go's templates that docker's users type.
///
/// ```
/// {{.State.Pid}}              a field, by path
/// {{json .Config.Env}}        as JSON
/// {{.Id | upper}}             what is left of | is the last argument of what is right of it
/// {{index .Config.Env 0}}     an element; of an object, {{index .Config.Labels "key"}}
/// {{join .Config.Cmd " "}}    elements with a text between them
/// {{- .Name -}}               without the white space around
/// ```
///
/// Functions: json, upper, lower, title, join, split, index, len, println, print. `\t` and `\n` outside of `{{ }}`
/// stand for tab and line feed. There is no `range`, `if` or `with`: `{{json .}}` and jq do that better.
struct Template: Equatable {
    enum Piece: Equatable {
        case text(String)
        case action(Action, source: String)
    }

    let pieces: [Piece]

    /// Every field path that the template names, for headings.
    var paths: [[String]] {
        pieces.flatMap { piece in
            if case .action(let action, _) = piece { action.paths } else { [[String]]() }
        }
    }
}

/// What stands between `{{` and `}}`: commands that feed one another.
struct Action: Equatable {
    var commands: [Command]

    /// A function or a value, and what it is applied to.
    struct Command: Equatable {
        var head: Term
        var arguments: [Term]
    }

    enum Term: Equatable {
        /// `.` is the empty path.
        case field([String])
        case literal(JSON)
        case function(Function)
    }

    enum Function: String, CaseIterable {
        case json, upper, lower, title, join, split, index, len, print, println
    }

    var paths: [[String]] {
        commands.flatMap { command in
            ([command.head] + command.arguments).compactMap { term in
                if case .field(let path) = term { path } else { nil }
            }
        }
    }
}
