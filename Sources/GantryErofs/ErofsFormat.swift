import GantrySystem

/// The numbers of the format, and its structures as bytes. Everything is little-endian.
///
/// Uncompressed images of one device with blocks of 4 KiB, as Linux reads them since 5.4: a superblock, extended inodes of
/// 64 bytes, sorted directory blocks, attributes beside their inode. Files with holes are in chunks, which is the one feature
/// that kernels before 5.15 refuse, and set only where there is such a file.
///
/// Source: Linux, fs/erofs/erofs_fs.h; Documentation/filesystems/erofs.rst.
enum ErofsFormat {
    static let block = 4096
    static let magic: UInt32 = 0xE0F5_E1E2
    static let superblockOffset: Int64 = 1024
    static let superblockSize = 128
    static let inodeSize = 64
    /// Inodes are counted in slots of this size from the start of the metadata.
    static let slot = 32
    static let direntSize = 12
    static let attributeHeader = 12
    /// Times of inodes are those of the last modification, not of the last change.
    static let compatibleTimes: UInt32 = 0x2

    /// Some file is in chunks.
    static let incompatibleChunks: UInt32 = 0x4
    /// The place of a chunk that is all zero.
    static let hole = UInt32.max
    static let superblockInodes: Int64 = superblockOffset + 16

    /// How an inode's content is found.
    enum Layout: UInt16 {
        /// In whole blocks.
        case plain = 0
        /// Whole blocks, and what is left right behind the inode.
        case inline = 2
        /// In chunks of whole blocks, whose places stand behind the inode.
        case chunks = 4
    }

    /// The number that directories say of a file.
    static func type(_ kind: FileStatus.Kind) -> UInt8 {
        switch kind {
        case .regular: 1
        case .directory: 2
        case .characterDevice: 3
        case .blockDevice: 4
        case .fifo: 5
        case .socket: 6
        case .symlink: 7
        case .unknown: 0
        }
    }

    /// A device number as inodes hold it.
    static func device(_ major: UInt32, _ minor: UInt32) -> UInt32 {
        minor & 0xff | major << 8 | (minor & ~0xff) << 12
    }

    static func blocks(_ bytes: Int64) -> Int64 { bytes / Int64(block) + (bytes % Int64(block) > 0 ? 1 : 0) }

    static func superblock(
        root: UInt16, inodes: UInt64, blocks: UInt32, metadata: UInt32, hasChunks: Bool
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(little: magic)
        bytes.append(little: UInt32(0))
        bytes.append(little: compatibleTimes)
        bytes += [12, 0]
        bytes.append(little: root)
        bytes.append(little: inodes)
        bytes.append(little: UInt64(0))
        bytes.append(little: UInt32(0))
        bytes.append(little: blocks)
        bytes.append(little: metadata)
        bytes += [UInt8](repeating: 0, count: 80 - bytes.count)
        bytes.append(little: hasChunks ? incompatibleChunks : 0)
        bytes += [UInt8](repeating: 0, count: superblockSize - bytes.count)
        return bytes
    }
}

/// An extended attribute as inodes hold it: the number of a prefix, and what follows.
struct ErofsAttribute: Equatable {
    let prefix: UInt8
    let suffix: ArraySlice<UInt8>
    let value: [UInt8]

    private static let prefixes: [(number: UInt8, text: [UInt8], isWhole: Bool)] = [
        (1, Array("user.".utf8), false),
        (2, Array("system.posix_acl_access".utf8), true),
        (3, Array("system.posix_acl_default".utf8), true),
        (4, Array("trusted.".utf8), false),
        (6, Array("security.".utf8), false),
    ]

    /// Nil for one that the format has no place for: another prefix, or 64 KiB and more.
    init?(_ name: [UInt8], _ value: [UInt8]) {
        for (number, text, isWhole) in Self.prefixes where name.starts(with: text) {
            let rest = name[text.count...]
            guard rest.count <= 255, value.count < 1 << 16, rest.isEmpty == isWhole else { return nil }
            (prefix, suffix, self.value) = (number, rest, value)
            return
        }
        return nil
    }

    var size: Int { (4 + suffix.count + value.count + 3) & ~3 }

    func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes += [UInt8(suffix.count), prefix]
        bytes.append(little: UInt16(value.count))
        bytes += suffix
        bytes += value
        bytes += [UInt8](repeating: 0, count: size - (bytes.count - start))
    }
}

extension [UInt8] {
    mutating func append<Number: FixedWidthInteger>(little number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
