import ArgumentParser
import GantryClient
import GantrySystem
import GantryWire

/// `gantry export`.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a container's files as a tar archive.",
        discussion: """
            Files of volumes and other mounts are not in it.

            EXAMPLE
              gantry export -o web.tar web
              gantry export web | tar -t
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
    var output: String?

    @Argument(help: "Name or id.")
    var container: String

    func run() throws {
        if output == nil, File.isTerminal(1) {
            throw Failure("export: standard output is a terminal; name a file with -o")
        }
        let daemon = try connection.connect()
        // The name first: nothing is written, nor a file made, for a container that is not there.
        _ = try daemon.call("containers.get", ["container": .string(container)])
        let file = try open()
        try daemon.client.bulk("containers.export", ["container": .string(container)]) { socket in
            try Self.copy(from: socket, to: file?.raw ?? 1)
        }
    }

    private func open() throws(Failure) -> SharedDescriptor? {
        guard let output, output != "-" else { return nil }
        do throws(Errno) {
            return SharedDescriptor(try File.open(output, [.write, .create, .truncate], mode: 0o644))
        } catch {
            throw Failure("open '\(output)': \(error)")
        }
    }

    static func copy(from socket: Int32, to file: Int32) throws {
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = try File.readChunk(socket, &chunk)
            if count == 0 { return }
            do throws(Errno) {
                try File.write(file, Array(chunk[..<count]))
            } catch {
                throw Failure("write archive: \(error)")
            }
        }
    }
}
