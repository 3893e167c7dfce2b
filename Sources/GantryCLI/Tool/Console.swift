import GantrySystem

/// Standard output and standard error, unbuffered: what was printed is written.
///
/// A reader that left (`| head`) ends the program by SIGPIPE, as it does for every other program in a pipe.
enum Console {
    /// Writes to standard output. A full disk is an error, not a silence.
    static func out(_ text: String) throws(Failure) {
        do throws(Errno) {
            try File.write(1, text)
        } catch {
            throw Failure("write standard output: \(error)")
        }
    }

    /// Writes to standard output or standard error, where it matters that it arrives.
    static func write(_ text: String, to descriptor: Int32) throws(Failure) {
        do throws(Errno) {
            try File.write(descriptor, text)
        } catch {
            throw Failure("write \(descriptor == 1 ? "standard output" : "standard error"): \(error)")
        }
    }

    /// Writes a line to standard output.
    static func line(_ text: String) throws(Failure) { try out(text + "\n") }

    /// Writes a line to standard error. That nobody reads it is not worth an error.
    static func error(_ text: String) { try? File.write(2, text + "\n") }

    /// Opens the null device where one of the three standard descriptors is closed, so that no socket takes its number.
    static func occupyStandardDescriptors() {
        for descriptor: Int32 in 0...2 {
            guard (try? FileStatus.of(descriptor: descriptor)) == nil else { continue }
            _ = try? File.open("/dev/null", .readWrite).release()
        }
    }
}
