package import GantrySystem

/// What an inode says of itself, beside its content.
package struct ErofsFacts: Sendable, Equatable {
    package var kind: FileStatus.Kind
    /// The twelve permission bits.
    package var permissions: UInt32
    package var uid: UInt32
    package var gid: UInt32
    package var modified: FileTime
    /// Of a device.
    package var major: UInt32 = 0
    package var minor: UInt32 = 0

    package init(
        kind: FileStatus.Kind, permissions: UInt32, uid: UInt32 = 0, gid: UInt32 = 0,
        modified: FileTime = FileTime(seconds: 0)
    ) {
        self.kind = kind
        self.permissions = permissions
        self.uid = uid
        self.gid = gid
        self.modified = modified
    }

    /// Those of a file that is somewhere.
    package init(_ status: FileStatus) {
        self.init(
            kind: status.kind, permissions: status.permissions, uid: status.uid, gid: status.gid,
            modified: status.modified)
        (major, minor) = (status.deviceMajor, status.deviceMinor)
    }

    /// The mark by which an overlay hides a name of a lower layer.
    package static let whiteout = ErofsFacts(kind: .characterDevice, permissions: 0)

    package var isWhiteout: Bool { kind == .characterDevice && major == 0 && minor == 0 }
}

/// A node of the tree that is being written.
struct ErofsNode {
    var facts: ErofsFacts
    var attributes: [ErofsAttribute] = []
    /// The content of a file, in bytes.
    var size: Int64 = 0
    /// Where that begins.
    var firstBlock: UInt32 = 0
    /// Of a file with holes: the places of its chunks, of `1 << chunkBits` blocks each.
    var chunks: [UInt32] = []
    var chunkBits: UInt16 = 0
    /// The text of a symbolic link.
    var target: [UInt8] = []
    /// What is in a directory.
    var children: [[UInt8]: Int]?
    /// Of a directory.
    var parent = 0
    /// Its number in the image, known when all are laid out.
    var number: UInt64 = 0

    /// So many bytes of attributes can be said to be there.
    static let attributesLimit = ErofsFormat.attributeHeader + 4 * (Int(UInt16.max) - 1)

    var attributesSize: Int {
        attributes.isEmpty ? 0 : attributes.reduce(ErofsFormat.attributeHeader) { $0 + $1.size }
    }

    /// The size of all that comes before content that is kept inline.
    var headSize: Int { ErofsFormat.inodeSize + attributesSize }

    /// - Parameters:
    ///   - size: of the content, in bytes.
    ///   - layout: where that is.
    ///   - links: names that lead here.
    func head(_ size: Int64, _ layout: ErofsFormat.Layout, links: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headSize)
        bytes.append(little: 1 | layout.rawValue << 1)
        let count = attributes.isEmpty ? 0 : (attributesSize - ErofsFormat.attributeHeader) / 4 + 1
        bytes.append(little: UInt16(count))
        bytes.append(little: UInt16(facts.kind.rawValue | facts.permissions))
        bytes.append(little: UInt16(0))
        bytes.append(little: UInt64(size))
        switch facts.kind {
        case .regular where layout == .chunks: bytes.append(little: UInt32(chunkBits))
        case .characterDevice, .blockDevice: bytes.append(little: ErofsFormat.device(facts.major, facts.minor))
        case .fifo, .socket: bytes.append(little: UInt32(0))
        default: bytes.append(little: firstBlock)
        }
        bytes.append(little: UInt32(truncatingIfNeeded: number))
        bytes.append(little: facts.uid)
        bytes.append(little: facts.gid)
        bytes.append(little: facts.modified.seconds)
        bytes.append(little: UInt32(facts.modified.nanoseconds))
        bytes.append(little: links)
        bytes += [UInt8](repeating: 0, count: ErofsFormat.inodeSize - bytes.count)
        if !attributes.isEmpty {
            bytes += [UInt8](repeating: 0, count: ErofsFormat.attributeHeader)
            for attribute in attributes { attribute.append(to: &bytes) }
        }
        return bytes
    }
}
