import Testing

@testable import GantrySystem

struct DirectoryTests {
    private func scratch(_ body: (String) throws -> Void) throws {
        let path = "/tmp/gantry-system-\(Processes.current)-\(File.random(4).map(String.init).joined())"
        try Path.makeDirectories(path)
        defer { try? Directory.removeTree(path) }
        try body(path)
    }

    @Test func removingATreeNeverFollowsLinks() throws {
        try scratch { root in
            try Path.makeDirectories(root + "/keep")
            try File.replace(root + "/keep/file", with: [1], sync: false)
            try Path.makeDirectories(root + "/tree/a/b")
            try Path.symlink("../../keep", as: root + "/tree/a/link")
            try Directory.removeTree(root + "/tree")
            #expect(!Path.exists(root + "/tree"))
            #expect(Path.exists(root + "/keep/file"))
            try Directory.removeTree(root + "/tree")
        }
    }

    @Test func openBelowARootStaysInside() throws {
        try scratch { root in
            try Path.makeDirectories(root + "/in")
            try File.replace(root + "/secret", with: [1], sync: false)
            try Path.symlink("/secret", as: root + "/in/absolute")
            let handle = try File.open(root + "/in", .directory)
            #expect(throws: Errno.noEntry) { _ = try File.open("../secret", .read, below: handle.raw).raw }
            #expect(throws: Errno.noEntry) { _ = try File.open("absolute", .read, below: handle.raw).raw }
            #expect(throws: Errno.crossDevice) {
                _ = try File.open("../secret", .read, below: handle.raw, resolve: .beneath).raw
            }
        }
    }

    @Test func replaceIsAllOrNothing() throws {
        try scratch { root in
            try File.replace(root + "/a", with: Array("one".utf8), sync: true)
            try File.replace(root + "/a", with: Array("two".utf8), sync: true)
            #expect(try File.contents(root + "/a") == Array("two".utf8))
            #expect(try Directory.list(root).map(\.name) == ["a"])
        }
    }

    @Test func attributesComeBack() throws {
        try scratch { root in
            try File.replace(root + "/a", with: [], sync: false)
            let file = try File.open(root + "/a", .readWrite)
            try ExtendedAttributes.set("user.gantry", to: [1, 0, 2], descriptor: file.raw)
            #expect(try ExtendedAttributes.names(descriptor: file.raw).contains("user.gantry"))
            #expect(try ExtendedAttributes.get("user.gantry", descriptor: file.raw) == [1, 0, 2])
            #expect(throws: Errno.noData) { try ExtendedAttributes.get("user.none", descriptor: file.raw) }
        }
    }

    @Test func monitorsWaitAndTimeOut() throws {
        let monitor = Monitor(0)
        #expect(monitor.wait(milliseconds: 10) { $0 == 1 ? true : nil } == nil)
        try Threads.start("test") {
            monitor.with { $0 = 1 }
            monitor.wakeAll()
        }
        #expect(monitor.wait(milliseconds: 10_000) { $0 == 1 ? true : nil } == true)
    }
}
