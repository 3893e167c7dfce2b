import GantryCore
import GantryDiff
import GantryModel
import GantrySnapshots
import GantrySystem
import GantryWire
import Testing

/// Bytes in memory as a source, in pieces as small as asked for.
final class MemorySource: ByteSource, @unchecked Sendable {
    // SAFETY: a source is used from one thread at a time.
    private let bytes: [UInt8]
    private let piece: Int
    private var position = 0

    init(_ bytes: [UInt8], piece: Int = 1 << 16) {
        self.bytes = bytes
        self.piece = piece
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = min(piece, buffer.count, bytes.count - position)
        bytes.withUnsafeBytes { from in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: from[position..<position + count]))
        }
        position += count
        return count
    }
}

/// A directory with layers in it, and a witness beside them that nobody may touch.
final class Bench {
    let root: String
    private(set) var layers: [String] = []
    /// The same layers as images of erofs: where each is mounted.
    private(set) var images: [String] = []

    /// Why no images are tried; nil when they are.
    static let withoutImages: String? = {
        let place = "/tmp/gd-erofs-\(File.random(6).map { String($0, radix: 16) }.joined())"
        defer { try? Directory.removeTree(place) }
        guard case .skipped(let reason) = BuiltInSnapshotter.erofs.available(root: place) else { return nil }
        return reason
    }()

    init() throws {
        root = "/tmp/gd-\(File.random(6).map { String($0, radix: 16) }.joined())"
        try Path.makeDirectory(root)
        try Path.makeDirectory(root + "/outside")
        try File.replace(root + "/outside/witness", with: Array("untouched".utf8), sync: false)
    }

    deinit {
        try? Mounts.unmount(root + "/merged", detach: true)
        for image in images { try? Mounts.unmount(image, detach: true) }
        try? RawDirectory.removeTree(RawPath(root), at: File.here)
    }

    /// Where the topmost layer was written.
    var top: String { layers.last ?? root }

    /// Applies an archive as the next layer of an overlay.
    @discardableResult
    func layer(
        _ bytes: [UInt8], options: LayerOptions = LayerOptions(), piece: Int = 1 << 16
    ) throws -> AppliedLayer {
        let directory = root + "/\(layers.count)"
        try Path.makeDirectory(directory)
        let target = LayerTarget(directory: directory, style: .overlay, parents: layers.reversed())
        layers.append(directory)
        return try DiskLayerApplier().apply(MemorySource(bytes, piece: piece), to: target, options: options)
    }

    /// Applies an archive as the next layer, an image, and mounts that.
    func image(_ bytes: [UInt8]) throws {
        let place = root + "/i\(images.count)"
        try Path.makeDirectory(place)
        let target = LayerTarget(
            directory: place, style: .overlay, parents: images.reversed(), image: place + ".erofs")
        _ = try DiskLayerApplier().apply(MemorySource(bytes), to: target, options: LayerOptions())
        if Tool.exists("fsck.erofs") { try Tool.run("fsck.erofs", [place + ".erofs"]) }
        let filesystem = try Mounts.openFilesystem("erofs")
        try Mounts.configure(filesystem.raw, "source", place + ".erofs")
        try Mounts.create(filesystem.raw)
        let mount = try Mounts.mount(filesystem.raw, .readOnly)
        try Mounts.attach(mount.raw, at: place)
        images.append(place)
    }

    @discardableResult
    func layer(_ build: (inout TarWriter) -> Void) throws -> AppliedLayer {
        var tar = TarWriter()
        build(&tar)
        return try layer(tar.finished())
    }

    /// Applies an archive on top of what is in `plain`.
    @discardableResult
    func plain(_ build: (inout TarWriter) -> Void) throws -> String {
        var tar = TarWriter()
        build(&tar)
        return try plain(tar.finished())
    }

    @discardableResult
    func plain(_ bytes: [UInt8]) throws -> String {
        let directory = root + "/plain"
        try Path.makeDirectories(directory)
        let target = LayerTarget(directory: directory, style: .plain)
        _ = try DiskLayerApplier().apply(MemorySource(bytes), to: target, options: LayerOptions())
        return directory
    }

    /// Mounts the layers over one another, and calls `body` with the path.
    func merged<Result>(_ body: (String) throws -> Result) throws -> Result { try merged(layers, body) }

    func merged<Result>(_ layers: [String], _ body: (String) throws -> Result) throws -> Result {
        let place = root + "/merged"
        try Path.makeDirectories(place)
        let mount =
            layers.count == 1
            ? Mount.bind(layers[0], readOnly: true)
            : Mount(
                type: "overlay", source: "overlay",
                options: ["ro", "lowerdir=" + layers.reversed().joined(separator: ":"), "index=off", "metacopy=off"])
        try mount.apply(at: place)
        defer { try? Mounts.unmount(place, detach: true) }
        return try body(place)
    }

    /// Applies the archives in all ways and expects the same names from all.
    func expect(_ lines: [String], _ builds: [(inout TarWriter) -> Void]) throws {
        for build in builds {
            try layer(build)
            try plain(build)
            var tar = TarWriter()
            build(&tar)
            if Bench.withoutImages == nil { try image(tar.finished()) }
        }
        if Bench.withoutImages == nil {
            let image = try merged(images) { try TreeLines.short($0) }
            #expect(image == lines, "image")
        }
        let overlay = try merged { try TreeLines.short($0) }
        #expect(overlay == lines, "overlay")
        let plain = try TreeLines.short(root + "/plain")
        #expect(plain == lines, "plain")
    }

    /// Applies an archive in all ways; all must refuse it, and leave the witness alone.
    func refuses(_ code: ErrorCode, mentions parts: [String] = [], _ bytes: [UInt8]) throws {
        for style in ["overlay", "plain"] + (Bench.withoutImages == nil ? ["image"] : []) {
            do {
                switch style {
                case "overlay": try layer(bytes)
                case "plain": try plain(bytes)
                default:
                    try? Path.unlink(root + "/i\(images.count).erofs")
                    try? Path.removeDirectory(root + "/i\(images.count)")
                    try image(bytes)
                }
                Issue.record("\(style): taken")
            } catch let error as GantryError {
                #expect(error.code == code, "\(style): \(error)")
                for part in parts { #expect(error.message.contains(part), "\(style): \(error)") }
            }
        }
        try untouched()
    }

    func untouched() throws {
        #expect(try TreeLines.short(root + "/outside") == ["f witness=untouched"])
        #expect(try FileStatus.of(root + "/outside/witness").links == 1)
    }

    func refuses(
        _ code: ErrorCode, mentions parts: [String] = [], _ build: (inout TarWriter) -> Void
    ) throws {
        var tar = TarWriter()
        build(&tar)
        try refuses(code, mentions: parts, tar.finished())
    }
}
