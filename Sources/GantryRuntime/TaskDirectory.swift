import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// The files of one task below the state directory, and the bundle made in them.
///
/// ```
/// <state>/tasks/<namespace>/<id>/
///   task.json      what the shim is told            shim.json   who the shim is (written by it)
///   config.json    the OCI configuration            pid         the container's first process
///   rootfs/        where the root is mounted        exit        how it ended (written by the shim)
///   hosts  hostname  resolv.conf                    runtime.log the runtime's words
///   shm/           /dev/shm, when others may share it
/// ```
package struct TaskDirectory: Sendable {
    package let path: String

    init(state: String, namespace: String, id: String) { path = "\(state)/tasks/\(namespace)/\(id)" }

    var root: String { path + "/rootfs" }
    /// The memory that other containers may share.
    var sharedMemory: String { path + "/shm" }
    var taskFile: String { path + "/task.json" }
    var exitFile: String { path + "/exit" }
    var shimFile: String { path + "/shim.json" }
    var socketFile: String { path + "/socket" }

    /// Makes the directory and the mount point; what an earlier attempt left is removed first.
    func create() throws(GantryError) {
        try describing("create task directory '\(path)'") { () throws(Errno) in
            do throws(Errno) {
                try Path.makeDirectory(path, mode: 0o711)
            } catch .noEntry {
                try Path.makeDirectories(path, mode: 0o711)
            } catch .exists {
                try Directory.removeTree(path)
                try Path.makeDirectory(path, mode: 0o711)
            }
            try Path.makeDirectory(root, mode: 0o711)
        }
    }

    func remove() { try? Directory.removeTree(path) }

    /// `hosts`, `hostname` and `resolv.conf` of the container's own, with the paths they go to.
    func writeEtcFiles(_ settings: ContainerSettings) throws(GantryError) -> [(source: String, target: String)] {
        let hosts: [UInt8]
        if settings.network == .host {
            hosts = (try? File.contents("/etc/hosts", limit: 1 << 20)) ?? []
        } else {
            hosts = Array(
                """
                127.0.0.1\tlocalhost
                ::1\tlocalhost ip6-localhost ip6-loopback
                fe00::0\tip6-localnet
                ff00::0\tip6-mcastprefix
                ff02::1\tip6-allnodes
                ff02::2\tip6-allrouters

                """.utf8)
        }
        let names = settings.names
        let resolver = (try? File.contents("/etc/resolv.conf", limit: 1 << 20)) ?? []
        let files = [
            ("hosts", hosts + Array(names.hostLines.utf8)), ("hostname", Array((settings.hostname + "\n").utf8)),
            ("resolv.conf", Array(names.resolver(String(decoding: resolver, as: UTF8.self)).utf8)),
        ]
        var result = [(source: String, target: String)]()
        for (name, bytes) in files {
            try write(name, bytes, mode: 0o644)
            result.append((path + "/" + name, "/etc/" + name))
        }
        return result
    }

    /// Not durable and not by rename: the directory means nothing until the shim has been started from it.
    func write(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws(GantryError) {
        try describing("write '\(path)/\(name)'") { () throws(Errno) in
            let file = try File.open(path + "/" + name, [.write, .create, .truncate], mode: mode)
            try File.write(file.raw, bytes)
        }
    }

    func read(_ name: String) -> JSON? {
        guard let bytes = try? File.contents(path + "/" + name, limit: 4 << 20) else { return nil }
        return try? JSON.parse(bytes)
    }

    /// What the runtime has written: the container's first process.
    var pid: Int64? {
        let bytes = (try? File.contents(path + "/pid", limit: 64)) ?? []
        return Int64(String(decoding: bytes, as: UTF8.self).filter(\.isNumber))
    }

    var exitRecord: ExitRecord? { read("exit").flatMap { ExitRecord($0) } }
}
