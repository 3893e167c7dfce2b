import GantryCore
import GantryModel
import GantrySnapshots
import GantrySystem
import GantryTesting
import GantryWire
import Testing

private let noErofs: String? = {
    let place = "/tmp/gs-erofs-\(File.random(6).map { String($0, radix: 16) }.joined())"
    defer { try? Directory.removeTree(place) }
    guard case .skipped(let reason) = BuiltInSnapshotter.erofs.available(root: place) else { return nil }
    return reason
}()

/// Layers as images of erofs, on the kernel's own.
@Suite(.enabled(if: noErofs == nil, "\(Comment(rawValue: noErofs ?? ""))")) struct ErofsTests {
    private static func open(_ root: String) throws -> any Snapshotter {
        try BuiltInSnapshotter.erofs.open(root: root)
    }

    @Test(arguments: SnapshotSuite.checks)
    func suite(_ check: SnapshotCheck) throws {
        try check.run { root in try Self.open(root) }
    }

    private func with(_ body: (String) throws -> Void) throws {
        let place = "/tmp/gs-erofs-\(File.random(6).map { String($0, radix: 16) }.joined())"
        try Path.makeDirectory(place, mode: 0o700)
        defer { try? Directory.removeTree(place) }
        try Path.makeDirectory(place + "/m")
        try body(place)
        #expect(try mounts(below: place).isEmpty, "mounts are left")
    }

    private func mounts(below place: String) throws -> [String] {
        String(decoding: try File.contents("/proc/self/mountinfo"), as: UTF8.self).split(separator: "\n")
            .map(String.init).filter { $0.contains(place) }
    }

    private func shell(_ script: String, in place: String) throws {
        _ = try LoopFilesystem.run("bash", ["-ec", "cd \(place); " + script])
    }

    private func mounted(_ mounts: [Mount], at place: String, _ body: () throws -> Void) throws {
        try mounts.apply(at: place)
        defer { try? Mounts.unmount(place, detach: true) }
        try body()
    }

    /// Everything that a container can do to its files, as the kernel of the overlay writes it down.
    private static let first = """
        mkdir -p a/b/c many empty; echo one > a/one; ln a/one a/b/two; ln a/one zz; ln -s ../one a/b/soft
        ln -s $(printf 'long/%.0s' $(seq 500)) a/long; mknod null c 1 3; mknod disk b 259 70000; mkfifo pipe
        chown 12:3000000 a/b; chmod 6711 a/one; chmod 2750 a/b; chmod 1777 many; chown -h 5:6 a/b/soft
        x=$(printf 'x%.0s' $(seq 90)); for n in $(seq 3000); do : > many/$n-${x:0:$((n % 90))}; done
        dd if=/dev/zero of=holes bs=1 count=1 seek=70000000 2>/dev/null; head -c 3000000 /dev/urandom > big
        head -c 4096 /dev/urandom > block; head -c 4097 /dev/urandom > block1; mkdir -p '!before/-dot' .hidden
        setfattr -n user.note -v hello big; setfattr -n trusted.note -v h a/b; setfattr -h -n trusted.l -v s a/b/soft
        setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 block
        setfattr -n user.large -v $(head -c 3000 /dev/zero | tr '\\0' v) a/one
        touch -d '1901-02-03 04:05:06.789' a; touch -h -d '2002-02-02' a/b/soft null; touch -d '2300-01-01' big
        """
    private static let second = """
        rm zz; rm -rf many; mkdir many; echo new > many/new; rm -r a/b; echo b > a/b; mv big a/moved; rmdir empty
        echo more >> a/one; chmod 600 block; mkdir later; echo l > later/new; ln later/new later/linked; rm -r '!before'; touch '!before'
        """

    @Test func whatIsCommittedIsWhatWasThere() throws {
        try with { place in
            let layers = try Self.open(place + "/s")
            var parent: String?
            for (number, script) in [Self.first, Self.second].enumerated() {
                let copy = place + "/copy\(number)"
                try Path.makeDirectory(copy)
                let mounts = try layers.prepare("k", parent: parent, labels: [:])
                try mounted(mounts, at: place + "/m") {
                    try shell(script, in: place + "/m")
                    try shell("cp -a . \(copy)/; touch -r . \(copy)", in: place + "/m")
                }
                try layers.commit("k", as: "\(number)", labels: [:], usage: nil)
                parent = "\(number)"
                #expect(try layers.usage("\(number)").inodes > (number == 0 ? 3000 : 10))
                try mounted(try layers.view("v", parent: parent, labels: [:]), at: place + "/m") {
                    let found = try File.open(place + "/m", .directory)
                    let expected = try File.open(copy, .directory)
                    let difference = try TreeProof.difference(found.raw, expected.raw)
                    #expect(difference == nil)
                }
                try layers.remove("v")
            }
            let images = try Directory.list(place + "/s").filter { UInt64($0.name) != nil }
            #expect(images.count == 2)
            for image in images {
                #expect(try Directory.list("\(place)/s/\(image.name)/fs").isEmpty == false, "its image is mounted")
                _ = try LoopFilesystem.run("fsck.erofs", ["\(place)/s/\(image.name)/layer.erofs"])
            }
            try layers.close()
            for image in images { #expect(try Directory.list("\(place)/s/\(image.name)/fs").isEmpty) }
            try Self.open(place + "/s").close()
        }
    }

    @Test func theSameTreeGivesTheSameImage() throws {
        try with { place in
            let layers = try Self.open(place + "/s")
            var images: [[UInt8]] = []
            for number in 1...2 {
                let mounts = try layers.prepare("k", parent: nil, labels: [:])
                try mounted(mounts, at: place + "/m") {
                    let names = number == 1 ? ["a", "b", "c"] : ["c", "b", "a"]
                    for name in names {
                        try File.replace("\(place)/m/\(name)", with: Array(name.utf8), sync: false)
                        let time = FileTime(seconds: 5)
                        try Path.setTimes("\(place)/m/\(name)", accessed: time, modified: time)
                    }
                    try Path.setTimes(place + "/m", accessed: FileTime(seconds: 5), modified: FileTime(seconds: 5))
                }
                try layers.commit("k", as: "\(number)", labels: [:], usage: nil)
            }
            for entry in try Directory.list(place + "/s") where UInt64(entry.name) != nil {
                images.append(try File.contents("\(place)/s/\(entry.name)/layer.erofs", limit: 1 << 20))
            }
            #expect(images.count == 2 && images[0] == images[1])
            try layers.close()
        }
    }

    /// Somebody unmounts an image; the next container stands on it all the same.
    @Test func anImageThatWasUnmountedIsMountedAgain() throws {
        try with { place in
            let layers = try Self.open(place + "/s")
            let mounts = try layers.prepare("k", parent: nil, labels: [:])
            try mounted(mounts, at: place + "/m") {
                try File.replace(place + "/m/a", with: Array("there".utf8), sync: false)
            }
            try layers.commit("k", as: "one", labels: [:], usage: nil)
            _ = try layers.prepare("c", parent: "one", labels: [:])
            for line in try self.mounts(below: place + "/s") {
                try Mounts.unmount(String(line.split(separator: " ")[4]), detach: true)
            }
            try mounted(try layers.mounts("c"), at: place + "/m") {
                let found = try File.contents(place + "/m/a")
                #expect(found == Array("there".utf8))
            }
            // An image that is gone is said, and nothing is made of nothing.
            try layers.remove("c")
            for line in try self.mounts(below: place + "/s") {
                try Mounts.unmount(String(line.split(separator: " ")[4]), detach: true)
            }
            for entry in try Directory.list(place + "/s") where UInt64(entry.name) != nil {
                try Path.unlink("\(place)/s/\(entry.name)/layer.erofs")
            }
            #expect(throws: GantryError.self) { _ = try layers.prepare("d", parent: "one", labels: [:]) }
            #expect(throws: GantryError.self) { _ = try layers.stat("d") }
            try layers.close()
        }
    }

    private static let noExt4 = LoopFilesystem.missing("ext4")

    /// A commit that does not fit leaves what was there.
    @Test(.enabled(if: noExt4 == nil, "\(Comment(rawValue: noExt4 ?? ""))"))
    func aFullDisk() throws {
        try LoopFilesystem.with("ext4", size: 16 << 20, options: "errors=remount-ro") { disk in
            let layers = try Self.open(disk.place + "/s")
            let place = disk.place + "/m"
            try Path.makeDirectory(place)
            try mounted(try layers.prepare("k", parent: nil, labels: [:]), at: place) {
                try shell("head -c 5000000 /dev/urandom > a", in: place)
            }
            try shell("dd if=/dev/zero of=rest bs=64k 2>/dev/null || true", in: disk.place)
            let refused = #expect(throws: GantryError.self) {
                try layers.commit("k", as: "one", labels: [:], usage: nil)
            }
            #expect(refused?.code == .resourceExhausted)
            #expect(try layers.stat("k").kind == .active)
            try Path.unlink(disk.place + "/rest")
            try layers.commit("k", as: "one", labels: [:], usage: nil)
            try mounted(try layers.prepare("c", parent: "one", labels: [:]), at: place) {
                let size = try FileStatus.of(place + "/a").size
                #expect(size == 5_000_000)
            }
            // The device fails: nothing new, and what is there can be read.
            try disk.fail()
            for work in [
                { _ = try layers.prepare("d", parent: "one", labels: [:]) },
                { try layers.commit("c", as: "two", labels: [:], usage: nil) }, { try layers.remove("c") },
            ] {
                let failure = #expect(throws: GantryError.self, performing: work)
                #expect(failure?.message.contains("read-only") == true, "\(String(describing: failure))")
            }
            try mounted(try layers.mounts("c"), at: place) {
                let size = try FileStatus.of(place + "/a").size
                #expect(size == 5_000_000)
            }
            try? layers.close()
        }
    }
}
