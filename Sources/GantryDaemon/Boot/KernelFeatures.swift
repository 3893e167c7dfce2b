import GantrySystem
import GantryWire

/// Newer abilities of the kernel, tried once at boot and shown by `gantry info`.
struct KernelFeatures: Sendable {
    /// 6.7: overlay layers given one by one, so that their number has no limit in a page of options.
    var overlayLayersByOne: Bool
    /// 5.2: mounts by descriptor.
    var mountDescriptors: Bool

    static func probe() -> KernelFeatures {
        var features = KernelFeatures(overlayLayersByOne: false, mountDescriptors: false)
        guard let context = try? Mounts.openFilesystem("overlay") else { return features }
        features.mountDescriptors = true
        features.overlayLayersByOne = (try? Mounts.configure(context.raw, "lowerdir+", "/")) != nil
        return features
    }

    var json: JSON {
        ["overlayLayersByOne": .bool(overlayLayersByOne), "mountDescriptors": .bool(mountDescriptors)]
    }
}
