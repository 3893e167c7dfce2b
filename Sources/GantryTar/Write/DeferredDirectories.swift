import GantrySystem

/// What is still to be set on directories when all entries are written; of a directory told twice the later word counts.
struct DeferredDirectories {
    struct Directory {
        var path: EntryPath
        /// `nil`: right already.
        var mode: UInt32?
        var modified: FileTime?
        var attributes: [TarAttribute] = []
    }

    private var list: [Directory?] = []
    private var index: [EntryPath: Int] = [:]

    /// In the order in which they came: parents before children.
    var all: [Directory] { list.compactMap { $0 } }

    func contains(_ path: EntryPath) -> Bool { index[path] != nil }

    mutating func set(_ directory: Directory) {
        if let position = index[directory.path] {
            list[position] = directory
        } else {
            index[directory.path] = list.count
            list.append(directory)
        }
    }

    mutating func remove(atOrBelow path: EntryPath) {
        for (key, position) in index where key.isAtOrBelow(path) {
            list[position] = nil
            index[key] = nil
        }
    }
}
