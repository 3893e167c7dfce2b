import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// `container.json`: from these files the containers' rows can be rebuilt when the database is lost.
///
/// They are renamed into place without a sync. The row is what survives a power cut; the file helps when the row is
/// gone for another reason, and a sync of file and directory would triple the cost of creating a container.
extension Metadata {
    func writeContainerFile(_ record: ContainerRecord, spec: [UInt8]) throws {
        let directory = layout.container(namespace: record.namespace, id: record.id)
        var bytes = Array("{\"version\":1,\"container\":".utf8)
        record.fixed.encode(into: &bytes)
        bytes += Array(",\"spec\":".utf8) + (spec.isEmpty ? Array("null".utf8) : spec) + Array("}\n".utf8)
        try describing("write '\(directory)/container.json'") { () throws(Errno) in
            try Path.makeDirectories(directory, mode: 0o700)
            try File.replace("\(directory)/container.json", with: bytes, mode: 0o600, sync: false)
        }
    }

    /// Moves the directory of a container that has no row to the trash. A failure leaves it to the next sweep.
    func removeContainerFiles(_ record: ContainerRecord) {
        try? layout.discard(layout.container(namespace: record.namespace, id: record.id))
    }

    /// Moves the directories of containers that no row owns to the trash.
    func sweepContainers() throws {
        let known = Set(allContainers().map { layout.container(namespace: $0.namespace, id: $0.id) })
        try describing("sweep '\(layout.containers)'") { () throws(Errno) in
            for namespace in try Directory.list(layout.containers) where namespace.kind == .directory {
                let directory = "\(layout.containers)/\(namespace.name)"
                for entry in try Directory.list(directory) where !known.contains("\(directory)/\(entry.name)") {
                    try layout.discard("\(directory)/\(entry.name)")
                }
            }
        }
    }
}
