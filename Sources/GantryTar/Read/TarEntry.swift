/// One member of a tar archive after every header that describes it was merged: ustar, GNU and pax.
///
/// Names are bytes, not text: Linux file names need not be UTF-8, and a layer must come out as it went in.
package struct TarEntry: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case file, hardLink, symbolicLink, characterDevice, blockDevice, directory, fifo
        /// A type flag nobody should find in a layer; its body is skipped.
        case other(UInt8)
    }

    package var kind: Kind = .file
    /// The name as written: may be absolute, hold `..`, or end in a slash.
    package var path: [UInt8] = []
    /// The target of a link as written; empty for everything else.
    package var link: [UInt8] = []
    /// Permission bits with set-user-id, set-group-id and sticky (`07777`).
    package var mode: UInt32 = 0
    /// Below `UInt32.max`, which chown(2) would read as "leave it".
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    /// Length in bytes of the file once written, holes included; 0 for everything without a body.
    package var size: Int64 = 0
    package var modified = TarTime()
    package var major: UInt32 = 0
    package var minor: UInt32 = 0
    /// Extended attributes in the order of the archive, a name at most once.
    package var attributes: [TarAttribute] = []
    /// The parts that hold data, ascending; `nil` for a file without holes.
    package var segments: [TarSegment]?

    package init() {}

    /// The name for messages: bytes that are not UTF-8 are replaced, and it is cut to a readable length.
    package var displayName: String { TarEntry.display(path) }

    package static func display(_ bytes: [UInt8]) -> String {
        bytes.count <= 256
            ? String(decoding: bytes, as: UTF8.self) : String(decoding: bytes.prefix(253), as: UTF8.self) + "..."
    }
}

/// A moment as pax writes it: seconds since 1970 and the nanoseconds that follow (0 to 999,999,999, also before 1970).
package struct TarTime: Sendable, Equatable {
    package var seconds: Int64 = 0
    package var nanoseconds: Int32 = 0

    package init(seconds: Int64 = 0, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}

/// An extended attribute from a `SCHILY.xattr.` record.
package struct TarAttribute: Sendable, Equatable {
    package var name: [UInt8]
    package var value: [UInt8]
}

/// A run of data in a sparse file, in bytes.
package struct TarSegment: Sendable, Equatable {
    package var offset: Int64
    package var length: Int64
}
