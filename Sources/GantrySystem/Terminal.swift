internal import CLinux

/// Terminals by descriptor: their mode, their size, and pairs of pseudo-terminals. Source: termios(3), ioctl_tty(2).
package enum Terminal {
    /// Characters in a window.
    package struct Size: Sendable, Equatable {
        package var rows: UInt16
        package var columns: UInt16

        package init(rows: UInt16, columns: UInt16) {
            self.rows = rows
            self.columns = columns
        }
    }

    /// How a terminal treats what passes through it, to be given back to it later.
    package struct Mode: Sendable {
        fileprivate var settings: cl_terminal_mode

        /// The same without echo, lines, signals and translations: every byte passes as it is.
        package var raw: Mode {
            var copy = self
            cl_make_raw(&copy.settings)
            return copy
        }
    }

    /// Whether the descriptor is a terminal.
    package static func isTerminal(_ fd: Int32) -> Bool { cl_is_terminal(fd) == 1 }

    /// The mode it is in. ENOTTY when it is no terminal.
    package static func mode(_ fd: Int32) throws(Errno) -> Mode {
        var settings = cl_terminal_mode()
        try check(cl_get_terminal_mode(fd, &settings))
        return Mode(settings: settings)
    }

    /// Sets the mode once what was written has left; what was typed stays to be read.
    package static func setMode(_ fd: Int32, _ mode: Mode) throws(Errno) {
        var settings = mode.settings
        try check(cl_set_terminal_mode(fd, &settings))
    }

    /// Its size; zeros when nobody has set one.
    package static func size(_ fd: Int32) throws(Errno) -> Size {
        var size = Size(rows: 0, columns: 0)
        try check(cl_terminal_size(fd, &size.rows, &size.columns))
        return size
    }

    /// Sets the size; the processes in its foreground get SIGWINCH when it has changed.
    package static func setSize(_ fd: Int32, _ size: Size) throws(Errno) {
        try check(cl_set_terminal_size(fd, size.rows, size.columns))
    }

    /// A new pseudo-terminal, the end that plays the user first. Neither becomes a controlling terminal.
    package static func openPair() throws(Errno) -> (master: Int32, slave: Int32) {
        var master: Int32 = -1
        var slave: Int32 = -1
        try check(cl_open_terminal_pair(&master, &slave))
        return (master, slave)
    }
}
