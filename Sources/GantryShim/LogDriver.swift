/// Where entries of a log go. Called by one thread at a time.
protocol LogDriver: AnyObject {
    /// Entries that were lost: no room, or nobody who takes them.
    var dropped: Int64 { get }

    /// Takes a line, or a part of one that was too long, as it was at `time`, nanoseconds since 1970.
    func take(_ line: [UInt8], stderr: Bool, time: Int64)

    /// Everything of one read of the output is taken: what is collected goes out.
    func flush()

    /// Nothing follows.
    func finish()
}
