internal import CLinux

/// A file descriptor with one owner, closed when the owner lets go. Move-only: a double close cannot be written.
package struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, to be borrowed for calls while this value lives.
    package let raw: Int32

    package init(_ raw: Int32) { self.raw = raw }

    deinit { _ = cl_close(raw) }

    /// Gives the number away: the receiver closes it.
    package consuming func release() -> Int32 {
        let raw = self.raw
        discard self
        return raw
    }

    /// A second descriptor of the same open file, close-on-exec.
    package borrowing func duplicate() throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_dup(raw, 3)))
    }
}

/// An owned descriptor that several owners share; closed with the last of them.
package final class SharedDescriptor: Sendable {
    private let owned: OwnedDescriptor

    package init(_ owned: consuming OwnedDescriptor) { self.owned = owned }

    package var raw: Int32 { owned.raw }
}
