import GantrySystem

/// Descriptors of directories that entries were written into, so that a directory is looked up once and not per file.
struct ParentCache {
    /// Archives are walks of trees: few directories are in use at a time.
    private static let capacity = 64

    private var handles: [EntryPath: SharedDescriptor] = [:]
    private var lastPath: EntryPath?
    private var last: SharedDescriptor?

    mutating func find(_ path: EntryPath) -> SharedDescriptor? {
        if let last, let lastPath, lastPath.bytes == path.bytes { return last }
        guard let handle = handles[path] else { return nil }
        lastPath = path
        last = handle
        return handle
    }

    mutating func add(_ path: EntryPath, _ handle: SharedDescriptor) {
        if handles.count >= ParentCache.capacity { handles.removeAll(keepingCapacity: true) }
        handles[path] = handle
        lastPath = path
        last = handle
    }

    mutating func removeAll() {
        handles.removeAll()
        lastPath = nil
        last = nil
    }
}
