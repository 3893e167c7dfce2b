import GantrySystem

extension TarEntry {
    /// A file or directory of root's, made now.
    package init(_ kind: Kind, _ path: String, mode: UInt32) {
        self.init()
        self.kind = kind
        self.path = Array(path.utf8)
        self.mode = mode
        modified.seconds = Clock.realtime / 1_000_000_000
    }
}
