/// What a client is ready to receive of one stream: a pure value.
///
/// An item may be sent while at least one item and one byte are left; its size is taken off then and may bring the
/// bytes below zero, so an item larger than the grant still passes, alone.
struct Credit: Sendable, Equatable {
    /// What every stream begins with.
    static let initial = Credit(items: 64, bytes: 1 << 20)
    /// A client cannot grant more than this at a time; it keeps sums far from overflow.
    private static let most: Int64 = 1 << 40

    private(set) var items: Int64
    private(set) var bytes: Int64

    /// False, changing nothing, when the stream has to wait.
    mutating func take(bytes size: Int) -> Bool {
        guard items >= 1, bytes >= 1 else { return false }
        items -= 1
        bytes -= Int64(size)
        return true
    }

    mutating func grant(items more: Int64, bytes moreBytes: Int64) {
        items = min(items + min(max(more, 0), Self.most), Self.most)
        bytes = min(bytes + min(max(moreBytes, 0), Self.most), Self.most)
    }
}
