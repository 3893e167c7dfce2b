import GantrySnapshots
import GantrySystem
import Testing

@testable import GantryCore

/// The ways around the page that mount(2) takes, each by itself.
@Suite struct MountingTests {
    /// An overlay over so many directories, with its mount point.
    private func withOverlay(_ count: Int, _ body: (Mount, String) throws -> Void) throws {
        let root = "/tmp/gm-\(File.random(6).map { String($0, radix: 16) }.joined())"
        try Path.makeDirectory(root)
        defer { try? Directory.removeTree(root) }
        for name in ["upper", "work", "merged"] { try Path.makeDirectory(root + "/" + name) }
        var lowers: [String] = []
        for number in 0..<count {
            let lower = root + "/l\(number)"
            try Path.makeDirectory(lower)
            try File.replace("\(lower)/f\(number)", with: [], sync: false)
            lowers.append(lower)
        }
        let options = [
            "lowerdir=" + lowers.joined(separator: ":"), "upperdir=\(root)/upper", "workdir=\(root)/work", "index=off",
        ]
        let mount = Mount(type: "overlay", source: "overlay", options: options)
        defer { try? Mounts.unmount(root + "/merged", detach: true) }
        try body(mount, root + "/merged")
    }

    @Test(arguments: [1, 200]) func byDescriptor(_ count: Int) throws {
        try withOverlay(count) { mount, place in
            do throws(Errno) {
                try OverlayMounting.applyByDescriptor(MountOptions(mount.options), source: "overlay", at: place)
            } catch {
                // Before kernel 6.7 there is no lowerdir+.
                #expect(error == .invalid)
                return
            }
            let names = try Directory.list(place)
            #expect(names.count == count)
        }
    }

    @Test(arguments: [1, 200]) func byRelativePaths(_ count: Int) throws {
        let here = Path.currentDirectory()
        try withOverlay(count) { mount, place in
            try OverlayMounting.applyRelative(MountOptions(mount.options), source: "overlay", at: place)
            let names = try Directory.list(place)
            #expect(names.count == count)
            try File.replace(place + "/new", with: [1], sync: false)
        }
        #expect(Path.currentDirectory() == here, "the process's directory is another thread's business")
    }

    /// Layers that belong to a user namespace, by the way of new kernels and by that of old ones.
    @Test(arguments: [true, false]) func withOtherOwners(_ byDescriptor: Bool) throws {
        let owners = OwnerRange(first: 1_300_000_000, count: 65_536)
        try withOverlay(3) { mount, place in
            let shift = try OverlayShift(MountOptions(mount.options), source: "overlay")
            let namespace = SharedDescriptor(try owners.makeNamespace())
            let mounted = try Threads.run("test") { () throws -> SharedDescriptor? in
                try OwnerRange.actAs(user: owners.first, group: owners.first)
                let clones = try shift.clones(namespace)
                if !byDescriptor { return SharedDescriptor(try shift.mountByPath(clones, at: place)) }
                do throws(Errno) { return SharedDescriptor(try shift.mountByDescriptor(clones)) } catch {
                    // Before kernel 6.13 a layer has to be in a mount namespace.
                    #expect(error == .invalid || error == .notSupported)
                    return nil
                }
            }
            guard let mounted else { return }
            try Mounts.attach(mounted.raw, at: place)
            #expect(try FileStatus.of(place + "/f1").uid == owners.first)
            try Threads.run("test") {
                try OwnerRange.actAs(user: owners.first + 7, group: owners.first + 8)
                try File.replace(place + "/new", with: [1], sync: false)
            }
            #expect(try FileStatus.of(place + "/new").gid == owners.first + 8)
            let onDisk = try FileStatus.of(Path.parent(of: place) + "/upper/new")
            #expect((onDisk.uid, onDisk.gid) == (7, 8))
            // Somebody without an id there cannot make anything.
            #expect(throws: Errno.self) { try File.replace(place + "/other", with: [1], sync: false) }
        }
    }

    @Test func aRangeKnowsItsIDs() {
        let owners = OwnerRange(first: 1000, count: 10)
        #expect(owners.outside(0) == 1000 && owners.outside(9) == 1009 && owners.outside(10) == nil)
        #expect(owners.inside(1009) == 9 && owners.inside(999) == 65534 && owners.inside(1010) == 65534)
        #expect(OwnerRange(first: UInt32.max - 9, count: 10).inside(UInt32.max) == 9)
    }

    @Test func mountsBelowARootThatLies() throws {
        let root = "/tmp/gm-\(File.random(6).map { String($0, radix: 16) }.joined())"
        try Path.makeDirectory(root)
        defer { try? Directory.removeTree(root) }
        try Path.makeDirectory(root + "/inside")
        // An absolute link that leads out, unless it is resolved below the root.
        try Path.symlink("/inside", as: root + "/link")
        let mount = Mount(type: "tmpfs", source: "tmpfs", target: "link", options: ["ro", "size=1m"])
        try mount.apply(at: root)
        defer { try? Mounts.unmount(root + "/inside", detach: true) }
        #expect(try FilesystemStatus.of(root + "/inside").type == FilesystemStatus.tmpfs)
    }

    @Test func aFailureTakesDownWhatWasMounted() throws {
        let root = "/tmp/gm-\(File.random(6).map { String($0, radix: 16) }.joined())"
        try Path.makeDirectory(root)
        defer { try? Directory.removeTree(root) }
        let mounts = [Mount(type: "tmpfs", source: "tmpfs"), Mount.bind("/does/not/exist", readOnly: true)]
        #expect(throws: (any Error).self) { try mounts.apply(at: root) }
        #expect(
            try FilesystemStatus.of(root).type != FilesystemStatus.tmpfs
                || FilesystemStatus.of("/tmp").type == FilesystemStatus.tmpfs)
    }

    @Test func overlayDoesNotStandOnAnOverlay() throws {
        try withOverlay(1) { mount, place in
            try mount.apply(at: place)
            defer { try? Mounts.unmount(place, detach: true) }
            guard case .skipped(let reason) = BuiltInSnapshotter.overlayfs.available(root: place + "/s") else {
                Issue.record("an overlay was taken as a root")
                return
            }
            #expect(reason.contains("overlay"))
            #expect(BuiltInSnapshotter.native.available(root: place + "/s") == .ready)
        }
        #expect(BuiltInSnapshotter.overlayfs.available(root: "/tmp/a:b") != .ready)
        try? Path.removeDirectory("/tmp/a:b")
    }
}
