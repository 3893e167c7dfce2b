import GantryCore
import GantryDiff
import GantrySystem
import Testing

/// The same archives unpacked here, by GNU tar and by umoci: every mode, owner, time, link, attribute, device and byte.
@Suite struct DifferentialTests {
    /// A tree of real files of this machine, with everything odd that tar can hold added.
    private func makeTree(_ path: String) throws {
        try Path.makeDirectory(path)
        try Tool.run("cp", ["-a", "/etc", "/usr/share/zoneinfo", path + "/"])
        try Path.makeDirectory(path + "/odd")
        try File.replace(path + "/odd/suid", with: [1, 2, 3], mode: 0o755, sync: false)
        try Path.changeOwner(path + "/odd/suid", uid: 1234, gid: 3_000_000)
        try Path.changeMode(path + "/odd/suid", 0o6711)
        try Path.link(path + "/odd/suid", as: path + "/odd/zz-second-name")
        try ExtendedAttributes.set("user.bytes", to: [0, 10, 61, 255], path: path + "/odd/suid")
        try Path.symlink("/etc/passwd", as: path + "/odd/link")
        try Path.changeOwner(path + "/odd/link", uid: 7, gid: 8)
        try Path.makeNode(path + "/odd/null", mode: 0o020666, major: 1, minor: 3)
        try Path.makeNode(path + "/odd/disk", mode: 0o060660, major: 8, minor: 17)
        try Path.makeNode(path + "/odd/pipe", mode: 0o010644)
        let sparse = try File.open(path + "/odd/sparse", [.write, .create])
        // More pieces than one header of the old format can name.
        for number in 0..<60 {
            try File.seek(sparse.raw, Int64(number) << 17)
            try File.write(sparse.raw, [UInt8](repeating: UInt8(number + 1), count: 5000))
        }
        try File.truncate(sparse.raw, to: 9 << 20)
        let long = path + "/odd/" + String(repeating: "n", count: 200)
        try Path.makeDirectory(long, mode: 0o1777)
        try File.replace(long + "/" + String(repeating: "f", count: 250), with: [], sync: false)
        try Path.symlink(String(repeating: "t/", count: 400), as: long + "/long-target")
        try Path.changeMode(path + "/odd", 0o2755)
        try Path.setTimes(
            path + "/odd", accessed: FileTime(seconds: 5), modified: FileTime(seconds: 77, nanoseconds: 123_456_789))
    }

    private func unpack(_ archive: String, to directory: String) throws {
        try Path.makeDirectory(directory)
        let source = MemorySource(try File.contents(archive, limit: 1 << 30))
        _ = try DiskLayerApplier().apply(
            source, to: LayerTarget(directory: directory, style: .plain), options: LayerOptions())
    }

    @Test(arguments: [
        ["--format=pax", "--xattrs"], ["--format=gnu"], ["--format=gnu", "--sparse"],
        ["--format=pax", "--sparse", "--sparse-version=0.0"], ["--format=pax", "--sparse", "--sparse-version=0.1"],
        ["--format=pax", "--sparse", "--sparse-version=1.0", "--xattrs"],
    ])
    func asTarDoes(_ options: [String]) throws {
        let bench = try Bench()
        let root = bench.root
        try makeTree(root + "/tree")
        try Tool.run("tar", ["-C", root + "/tree", "-cf", root + "/t.tar"] + options + ["."])
        try Path.makeDirectory(root + "/theirs")
        try Tool.run(
            "tar",
            ["-C", root + "/theirs", "--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf", root + "/t.tar"])
        try unpack(root + "/t.tar", to: root + "/ours")
        let ours = try TreeLines.full(root + "/ours")
        let theirs = try TreeLines.full(root + "/theirs")
        #expect(ours.count > 500)
        for (our, their) in zip(ours, theirs) where our != their { Issue.record("ours: \(our)\ntheirs: \(their)") }
        #expect(ours.count == theirs.count)
        if Bench.withoutImages == nil {
            try bench.image(File.contents(root + "/t.tar", limit: 1 << 30))
            let images = try TreeLines.full(bench.images[0])
            for (our, their) in zip(images, theirs) where our != their {
                Issue.record("image: \(our)\ntheirs: \(their)")
            }
            #expect(images.count == theirs.count)
        }
        if options.contains("--sparse") {
            let blocks = try FileStatus.of(root + "/ours/odd/sparse").blocks
            #expect(blocks < 5000, "holes were filled: \(blocks)")
        }
    }

    /// Three layers with whiteouts, put into an image by umoci and unpacked by it, and here in both styles.
    @Test(.enabled(if: Tool.exists("umoci"))) func asUmociDoes() throws {
        let bench = try Bench()
        let root = bench.root
        try makeTree(root + "/tree")
        try Tool.run("tar", ["-C", root + "/tree", "-cf", root + "/0.tar", "--format=pax", "--xattrs", "."])
        var second = TarWriter()
        second.directory("etc", mode: 0o700)
        second.file("etc/.wh.passwd", "")
        second.file("etc/new", "new")
        second.add("etc/group", mode: 0o600, uid: 9, gid: 9, data: Array("replaced".utf8))
        second.directory("odd", mode: 0o755)
        second.file("odd/.wh.suid", "")
        second.add("odd/second-link", "1", link: "odd/zz-second-name")
        try File.replace(root + "/1.tar", with: second.finished(), sync: false)
        var third = TarWriter()
        third.directory("zoneinfo")
        third.file("zoneinfo/.wh..wh..opq", "")
        third.file("zoneinfo/only", "this")
        third.file(".wh.none", "")
        try File.replace(root + "/2.tar", with: third.finished(), sync: false)

        let image = root + "/image"
        try Tool.run("umoci", ["init", "--layout", image])
        try Tool.run("umoci", ["new", "--image", image + ":t"])
        for number in 0..<3 {
            try Tool.run("umoci", ["raw", "add-layer", "--image", image + ":t", root + "/\(number).tar"])
            let bytes = try File.contents(root + "/\(number).tar", limit: 1 << 30)
            try bench.layer(bytes)
            try bench.plain(bytes)
        }
        try Tool.run("umoci", ["unpack", "--image", image + ":t", root + "/bundle"])
        let theirs = try TreeLines.full(root + "/bundle/rootfs")
        let plain = try TreeLines.full(root + "/plain")
        let overlay = try bench.merged { try TreeLines.full($0) }
        #expect(plain.count > 500)
        #expect(plain.count == theirs.count && overlay.count == theirs.count)
        for (our, their) in zip(plain, theirs) where our != their { Issue.record("plain: \(our)\numoci: \(their)") }
        for (our, their) in zip(overlay, plain) where our != their { Issue.record("overlay: \(our)\nplain: \(their)") }
    }
}
