import GantryCore
import GantryModel

/// The containers in memory: what `get`, `find` and `list` answer from. Its owner holds the lock.
struct ContainerTable {
    /// A record that both orders share: a list walks it without a look-up each.
    private final class Entry {
        var record: ContainerRecord
        init(_ record: ContainerRecord) { self.record = record }
    }

    private struct Names {
        var byName: [String: ContainerID] = [:]
        /// Sorted, for look-ups by prefix.
        var ids: [ContainerID] = []
        /// Oldest first; new ones nearly always go to the end.
        var byAge: [Entry] = []
    }

    private var records: [ContainerID: Entry] = [:]
    private var namespaces: [String: Names] = [:]

    subscript(id: ContainerID) -> ContainerRecord? { records[id]?.record }

    /// All of them, in no order.
    var all: [ContainerRecord] { records.values.map(\.record) }

    /// The id behind a name.
    func id(namespace: String, name: String) -> ContainerID? { namespaces[namespace]?.byName[name] }

    /// The ids that begin so, at most two: enough to tell one from several.
    func ids(namespace: String, prefix: String) -> ArraySlice<ContainerID> {
        guard let ids = namespaces[namespace]?.ids else { return [] }
        let start = ids.partitioningIndex { $0.text >= prefix }
        return ids[start...].prefix(2).prefix { $0.text.hasPrefix(prefix) }
    }

    /// The containers of a namespace, newest first.
    func list(namespace: String) -> [ContainerRecord] {
        namespaces[namespace]?.byAge.reversed().map(\.record) ?? []
    }

    mutating func insert(_ record: ContainerRecord) {
        var names = namespaces.removeValue(forKey: record.namespace) ?? Names()
        let entry = Entry(record)
        records[record.id] = entry
        names.byName[record.name] = record.id
        names.ids.insert(record.id, at: names.ids.partitioningIndex { $0 > record.id })
        let place = names.byAge.partitioningIndex { $0.record.createdAt > record.createdAt }
        names.byAge.insert(entry, at: place)
        namespaces[record.namespace] = names
    }

    mutating func setStatus(_ id: ContainerID, _ status: ContainerStatus) { records[id]?.record.status = status }

    mutating func setSnapshotter(_ id: ContainerID, _ name: String) { records[id]?.record.snapshotter = name }

    mutating func rename(_ id: ContainerID, to name: String) {
        guard let entry = records[id] else { return }
        let record = entry.record
        entry.record.name = name
        namespaces[record.namespace]?.byName.removeValue(forKey: record.name)
        namespaces[record.namespace]?.byName[name] = id
    }

    mutating func remove(_ id: ContainerID) {
        guard let record = records.removeValue(forKey: id)?.record else { return }
        var names = namespaces.removeValue(forKey: record.namespace) ?? Names()
        names.byName.removeValue(forKey: record.name)
        let place = names.ids.partitioningIndex { $0 >= id }
        if place < names.ids.count, names.ids[place] == id { names.ids.remove(at: place) }
        // From the end: short-lived containers are the young ones.
        if let place = names.byAge.lastIndex(where: { $0.record.id == id }) { names.byAge.remove(at: place) }
        namespaces[record.namespace] = names
    }
}

extension Array {
    /// The first index whose element belongs to the second half; elements are sorted so that `belongs` turns true once.
    func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
