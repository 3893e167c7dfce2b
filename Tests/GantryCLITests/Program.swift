import GantrySystem
import Testing

/// Runs the built `gantry` and keeps what it printed.
struct Program {
    var output: String
    var errors: String
    var status: Int32

    /// - Parameter input: what it finds on standard input; nil is the null device.
    init(
        _ arguments: [String], socket: String, input: [UInt8]? = nil, environment: [String] = [],
        after: ((Int32) -> Void)? = nil
    ) throws {
        // The test runner and the program are built into one directory.
        let path = Path.parent(of: try Path.readLink("/proc/self/exe")) + "/gantry"
        try #require(Path.isExecutable(path), "\(path) is not built")
        let (outRead, outWrite) = try File.pipe().split()
        let (errRead, errWrite) = try File.pipe().split()
        var keyboard: Int32 = -1
        if let input {
            let (read, write) = try File.pipe().split()
            keyboard = read
            try Threads.start("input") {
                try? File.write(write, input)
                _ = OwnedDescriptor(write)
            }
        }
        let child = try Spawn(
            path, ["gantry"] + arguments, environment: ["GANTRY_SOCKET=\(socket)"] + environment,
            descriptors: [keyboard, outWrite, errWrite]
        ).start()
        _ = OwnedDescriptor(outWrite)
        _ = OwnedDescriptor(errWrite)
        if keyboard >= 0 { _ = OwnedDescriptor(keyboard) }
        after?(child.pid)
        let errorText = Monitor<String?>(nil)
        try Threads.start("errors") {
            let bytes = (try? File.readAll(errRead)) ?? []
            _ = OwnedDescriptor(errRead)
            errorText.with { $0 = String(decoding: bytes, as: UTF8.self) }
            errorText.wakeAll()
        }
        output = String(decoding: try File.readAll(outRead), as: UTF8.self)
        _ = OwnedDescriptor(outRead)
        status = try child.wait().shellCode
        errors = errorText.wait(milliseconds: 5000) { $0 } ?? ""
    }
}
