import ArgumentParser
import GantrySystem

/// `gantry cp`.
struct Copy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp",
        abstract: "Copy files out of a container or into it.",
        discussion: """
            One side is CONTAINER:PATH, the other a path of this machine, or '-' for a tar archive on standard input or \
            output. It does not matter whether the container runs; volumes are copied from and into as well. Directories \
            are copied with all that is in them, DIRECTORY/. means what is in it, links stay links.

            What is copied out belongs to who copies, what is copied in to root; with -a both keep their owners.

            EXAMPLE
              gantry cp web:/etc/nginx/nginx.conf .
              gantry cp site/. web:/usr/share/nginx/html
              tar -c keys | gantry cp - web:/etc
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Keep owners and groups.")
    var archive = false

    @Flag(name: [.customShort("L"), .long], help: "Copy what a link at the end of the source leads to.")
    var followLink = false

    @Flag(name: .shortAndLong, help: "Say nothing, also on a terminal.")
    var quiet = false

    @Argument(help: ArgumentHelp("What to copy.", valueName: "source"))
    var source: String

    @Argument(help: ArgumentHelp("Where to.", valueName: "destination"))
    var destination: String

    func run() throws {
        // A daemon that refuses in mid-stream would end us before its reason is read.
        Signals.ignore(Signals.pipe)
        switch (CopyPlace(source), CopyPlace(destination)) {
        case (.container(let container, let path), let place) where place.isHere:
            let download = Download(
                container: container, path: path, followsLink: followLink, keepsOwners: archive)
            report(try download.run(try connection.connect(), to: place))
        case (let place, .container(let container, let path)) where place.isHere:
            let upload = Upload(container: container, path: path, followsLink: followLink, keepsOwners: archive)
            report(try upload.run(try connection.connect(), from: place))
        case (.container, _):
            throw Failure("cp: both sides are in containers; copy to this machine first")
        default:
            throw Failure("cp: neither side is in a container; write it as CONTAINER:PATH, like web:/etc/hosts")
        }
    }

    /// - Parameter bytes: nil when an archive went through as it is.
    private func report(_ bytes: Int64?) {
        guard let bytes, !quiet, File.isTerminal(2) else { return }
        Console.error("Successfully copied \(HumanSize(bytes: bytes)) to \(destination)")
    }
}

/// One side of a copy.
enum CopyPlace: Equatable {
    case standard
    case local(String)
    case container(String, path: String)

    /// As docker reads it: what begins with '/' or '.' is of this machine, whatever colons are in it.
    init(_ text: String) {
        if text == "-" {
            self = .standard
        } else if let colon = text.firstIndex(of: ":"), colon != text.startIndex, !text.hasPrefix("."),
            !text[..<colon].contains("/")
        {
            self = .container(String(text[..<colon]), path: String(text[text.index(after: colon)...]))
        } else {
            self = .local(text)
        }
    }

    var isHere: Bool { if case .container = self { false } else { true } }

    /// `DIRECTORY/.`: what is in it, not the directory.
    static func meansContents(_ path: String) -> Bool { path == "." || path.hasSuffix("/.") }

    static func meansDirectory(_ path: String) -> Bool { meansContents(path) || path.hasSuffix("/") }

    /// The last part that is a name; nil for `/`, `..` and the like.
    static func name(_ path: String) -> String? {
        let last = path.split(separator: "/").last { $0 != "." }
        return last == nil || last == ".." ? nil : last.map(String.init)
    }

    /// What the last name is in; `.` when there is nothing before it.
    static func parent(_ path: String) -> String {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") || trimmed.hasSuffix("/.") { trimmed.removeLast() }
        let parent = Path.parent(of: String(trimmed))
        return parent.isEmpty ? "." : parent
    }
}
