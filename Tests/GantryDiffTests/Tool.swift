import GantrySystem
import Testing

/// Programs that tests compare with.
enum Tool {
    static func find(_ name: String) -> String? {
        ["/usr/bin/", "/bin/", "/usr/sbin/"].map { $0 + name }.first { Path.isExecutable($0) }
    }

    static func exists(_ name: String) -> Bool { find(name) != nil }

    /// Runs a program and expects it to succeed.
    static func run(_ name: String, _ arguments: [String], input: String? = nil, output: String? = nil) throws {
        let path = try #require(find(name), "\(name) is not installed")
        let inside = try File.open(input ?? "/dev/null")
        let outside = try File.open(output ?? "/dev/null", [.write, .create, .truncate])
        let spawn = Spawn(
            path, [name] + arguments, environment: ["PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/root"],
            descriptors: [inside.raw, outside.raw, 2])
        let status = try spawn.start().wait()
        #expect(status == .exited(0), "\(name) \(arguments)")
    }

    /// What a program makes of some bytes.
    static func filter(_ name: String, _ arguments: [String], _ bytes: [UInt8]) throws -> [UInt8] {
        let stem = "/tmp/gt-\(File.random(6).map { String($0, radix: 16) }.joined())"
        defer {
            try? Path.unlink(stem + ".in")
            try? Path.unlink(stem + ".out")
        }
        try File.replace(stem + ".in", with: bytes, sync: false)
        try run(name, arguments, input: stem + ".in", output: stem + ".out")
        return try File.contents(stem + ".out")
    }
}
