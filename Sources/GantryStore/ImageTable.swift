import GantryCore

/// The images in memory: what `image` and `images` answer from. Its owner holds the lock.
struct ImageTable {
    private var namespaces: [String: [String: ImageRecord]] = [:]

    subscript(namespace: String, name: String) -> ImageRecord? {
        get { namespaces[namespace]?[name] }
        set { namespaces[namespace, default: [:]][name] = newValue }
    }

    /// Ordered by name.
    func list(namespace: String) -> [ImageRecord] {
        namespaces[namespace]?.values.sorted { $0.name < $1.name } ?? []
    }
}
