import GantrySystem

/// Options of mount(8) taken apart: flags for the kernel's generic layer, and the rest for the file system.
struct MountOptions {
    /// mount(2) copies one page of options and cuts silently what is longer.
    static let pageLimit = 4000

    var flags: Mounts.Flags = []
    var own: [String] = []

    init(_ options: [String]) {
        for option in options {
            switch option {
            case "ro": flags.insert(.readOnly)
            case "rw", "defaults": break
            case "bind": flags.insert(.bind)
            case "rbind": flags.formUnion([.bind, .recursive])
            case "nosuid": flags.insert(.noSetuid)
            case "nodev": flags.insert(.noDevices)
            case "noexec": flags.insert(.noExecute)
            default: own.append(option)
            }
        }
    }

    var data: String { own.joined(separator: ",") }
}
