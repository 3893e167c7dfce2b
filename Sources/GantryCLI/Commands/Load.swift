import ArgumentParser
import GantryClient
import GantrySystem
import GantryWire

/// `gantry load`.
struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Load images from an archive.",
        discussion: """
            Takes what docker save, skopeo, buildah and umoci write: OCI layouts and docker archives, of one image or \
            of several, compressed or not.

            EXAMPLE
              gantry load -i busybox.tar
              skopeo copy docker://busybox docker-archive:/dev/stdout:busybox | gantry load
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("Read this file instead of standard input.", valueName: "file"))
    var input: String?

    @Flag(name: .shortAndLong, help: "Print nothing.")
    var quiet = false

    func run() throws {
        let archive = try open()
        let source = archive?.raw ?? 0
        // sendfile(2) has no MSG_NOSIGNAL: a daemon that refuses in mid-stream would end us before its reason is read.
        Signals.ignore(Signals.pipe)
        let result = try connection.connect().client.bulk("images.load") { socket in
            try Self.copy(from: source, to: socket)
        }
        if quiet { return }
        for image in result["images"]?.array ?? [] {
            if let name = image["name"]?.string {
                try Console.line("Loaded image: \(name)")
            } else {
                try Console.line("Loaded image ID: \(image["id"]?.string ?? "")")
            }
        }
    }

    /// The archive; nil is standard input.
    private func open() throws(Failure) -> SharedDescriptor? {
        guard let input, input != "-" else {
            if File.isTerminal(0) { throw Failure("load: standard input is a terminal; name an archive with -i") }
            return nil
        }
        do throws(Errno) {
            let file = try File.open(input)
            if try FileStatus.of(descriptor: file.raw).kind == .directory { throw .isDirectory }
            return SharedDescriptor(file)
        } catch {
            throw Failure("open '\(input)': \(error)")
        }
    }

    /// Sends all that `source` gives, within the kernel where that can be done.
    ///
    /// A peer that stops reading is no error here: the daemon's answer says why.
    static func copy(from source: Int32, to socket: Int32) throws(Failure) {
        do throws(Errno) {
            do throws(Errno) {
                while try File.send(from: source, to: socket, count: 1 << 30) > 0 {}
                return
            } catch .invalid {
                // Terminals and some file systems have no sendfile; nothing was sent yet.
            }
            var chunk = [UInt8](repeating: 0, count: 256 << 10)
            while true {
                let count = try File.readChunk(source, &chunk)
                if count == 0 { return }
                try UnixSocket.send(socket, Array(chunk[..<count]))
            }
        } catch  where error == .brokenPipe || error == .connectionReset {
            return
        } catch {
            throw Failure("read archive: \(error)")
        }
    }
}
