import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// The devices of the machine that a container gets beside the standard ones.
///
/// Looked up at every start: numbers of devices change between boots, and devices come and go.
struct HostDevices: Sendable {
    /// A node to be made in the container.
    struct Node: Sendable, Equatable {
        var path: String
        /// `c` or `b`.
        var type: String
        var major: UInt32
        var minor: UInt32
        /// Permissions.
        var mode: UInt32
        var uid: UInt32
        var gid: UInt32

        /// The entry of `linux.devices`.
        var json: JSON {
            [
                "path": .string(path), "type": .string(type), "major": .int(Int64(major)), "minor": .int(Int64(minor)),
                "fileMode": .int(Int64(mode)), "uid": .int(Int64(uid)), "gid": .int(Int64(gid)),
            ]
        }
    }

    private(set) var nodes: [Node] = []
    /// What the device cgroup lets through beside the standard rules.
    private(set) var rules: [DeviceRule] = []

    /// Finds what the settings ask for; all of the machine's for a privileged container.
    ///
    /// Cost: a stat a device; privileged, a walk through /dev.
    /// - Throws: `.failedPrecondition` for a device that is not there, or is none.
    init(_ security: ContainerSettings.Security) throws(GantryError) {
        if security.privileged { add(Self.walk("/dev", as: "/dev")) }
        for device in security.devices {
            let found = try Self.find(device)
            add(found)
            for node in found where !security.privileged {
                rules.append(DeviceRule(node.type, Int64(node.major), Int64(node.minor), device.access))
            }
        }
        for rule in security.deviceRules { rules.append(try DeviceRule(rule)) }
    }

    /// A path that is asked for twice is what it was asked to be last.
    private mutating func add(_ found: [Node]) {
        let paths = Set(found.map(\.path))
        nodes.removeAll { paths.contains($0.path) }
        nodes += found
    }

    private static func find(_ device: ContainerSettings.Device) throws(GantryError) -> [Node] {
        let status = try describing("use device '\(device.source)'") { () throws(Errno) in
            try FileStatus.of(device.source, follow: true)
        }
        if let node = Node(status, path: device.target) { return [node] }
        let found = status.kind == .directory ? walk(device.source, as: device.target) : []
        guard !found.isEmpty else {
            throw GantryError(
                .failedPrecondition, "use device '\(device.source)': not a device, and no directory with devices")
        }
        return found
    }

    /// The devices below a directory; links are not followed, and what cannot be looked at is passed over.
    private static func walk(_ directory: String, as target: String) -> [Node] {
        // A directory that is named through a link is walked; links within it are not followed.
        guard let handle = try? File.open(directory, [.read, .directory]),
            let entries = try? Directory.list(descriptor: handle.raw)
        else { return [] }
        var found: [Node] = []
        for entry in entries.sorted(by: { $0.name < $1.name }) {
            let path = directory + "/" + entry.name
            switch entry.kind {
            case .directory where !owned.contains(entry.name): found += walk(path, as: target + "/" + entry.name)
            case .characterDevice where entry.name == "console": break
            case .characterDevice, .blockDevice:
                guard let status = try? FileStatus.of(path) else { break }
                if let node = Node(status, path: target + "/" + entry.name) { found.append(node) }
            default: break
            }
        }
        return found
    }

    /// Directories of /dev of which a container has its own, or which hold no devices.
    private static let owned: Set<String> = ["fd", "mqueue", "pts", "shm", ".lxc", ".lxd-mounts", ".udev"]
}

extension HostDevices.Node {
    /// Nil for what is no device.
    fileprivate init?(_ status: FileStatus, path: String) {
        switch status.kind {
        case .characterDevice: type = "c"
        case .blockDevice: type = "b"
        default: return nil
        }
        self.path = path
        major = status.deviceMajor
        minor = status.deviceMinor
        mode = status.permissions
        uid = status.uid
        gid = status.gid
    }
}
