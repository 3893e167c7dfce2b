import GantryCore
import GantryModel
import GantryWire

/// What listings show of a container; one shape for `containers.get` and `containers.list`.
enum ContainerSummary {
    /// Appends the summary as JSON text. Cost: about 2 µs.
    static func append(_ record: ContainerRecord, size: ContainerSize? = nil, to bytes: inout [UInt8]) {
        bytes.append(static: #"{"id":"#)
        bytes.append(quoted: record.id.text)
        bytes.append(static: #","name":"#)
        bytes.append(quoted: record.name)
        bytes.append(static: #","image":"#)
        bytes.append(quoted: record.image)
        bytes.append(static: #","imageId":"#)
        (record.details["imageId"] ?? "").encode(into: &bytes)
        bytes.append(static: #","command":"#)
        (record.details["command"] ?? []).encode(into: &bytes)
        bytes.append(static: #","createdAt":"#)
        bytes.append(quoted: record.createdAt.description)
        let status = record.status
        bytes.append(static: #","state":"#)
        bytes.append(quoted: status.state.rawValue)
        bytes.append(static: #","pid":"#)
        JSON.int(Int64(status.pid ?? 0)).encode(into: &bytes)
        bytes.append(static: #","exitCode":"#)
        JSON.int(Int64(status.exitCode ?? 0)).encode(into: &bytes)
        if let started = status.startedAt {
            bytes.append(static: #","startedAt":"#)
            bytes.append(quoted: started.description)
        }
        if let finished = status.finishedAt {
            bytes.append(static: #","finishedAt":"#)
            bytes.append(quoted: finished.description)
        }
        if let error = status.error {
            bytes.append(static: #","error":"#)
            bytes.append(quoted: error)
        }
        bytes.append(static: #","labels":"#)
        JSON.map(record.labels).encode(into: &bytes)
        bytes.append(static: #","autoRemove":"#)
        JSON.bool(record.details["autoRemove"]?.bool ?? false).encode(into: &bytes)
        bytes.append(static: #","tty":"#)
        JSON.bool(record.details["tty"]?.bool ?? false).encode(into: &bytes)
        bytes.append(static: #","openStdin":"#)
        JSON.bool(record.details["openStdin"]?.bool ?? false).encode(into: &bytes)
        bytes.append(static: #","oomKilled":"#)
        JSON.bool(status.oomKilled).encode(into: &bytes)
        bytes.append(static: #","network":"#)
        (record.details["network"] ?? "none").encode(into: &bytes)
        if let mounts = record.details["mounts"], mounts.array?.isEmpty == false {
            bytes.append(static: #","mounts":"#)
            mounts.encode(into: &bytes)
        }
        if let size {
            bytes.append(static: #","sizeRw":"#)
            JSON.int(size.written).encode(into: &bytes)
            bytes.append(static: #","sizeRootFs":"#)
            JSON.int(size.total).encode(into: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
