import GantrySystem

/// Mounts overlays with more layers than one page of options can name.
///
/// Source: Linux, Documentation/filesystems/overlayfs.rst, "Multiple lower layers" (`lowerdir+`, kernel 6.7).
enum OverlayMounting {
    static func apply(_ options: MountOptions, source: String, at place: String) throws(Errno) {
        do throws(Errno) {
            try applyByDescriptor(options, source: source, at: place)
        } catch {
            // EINVAL from a kernel without lowerdir+, ENOSYS from one without fsopen.
            if error != .invalid && error != .unknownCall { throw error }
            try applyRelative(options, source: source, at: place)
        }
    }

    static func applyByDescriptor(_ options: MountOptions, source: String, at place: String) throws(Errno) {
        let context = try Mounts.openFilesystem("overlay")
        try Mounts.configure(context.raw, "source", source)
        for option in options.own {
            let (key, value) = split(option)
            guard let value else {
                try Mounts.configure(context.raw, flag: key)
                continue
            }
            if key == "lowerdir" {
                for layer in value.split(separator: ":") {
                    try Mounts.configure(context.raw, "lowerdir+", String(layer))
                }
            } else {
                try Mounts.configure(context.raw, key, value)
            }
        }
        if options.flags.contains(.readOnly) { try Mounts.configure(context.raw, flag: "ro") }
        try Mounts.create(context.raw)
        var attributes: Mounts.Attributes = []
        if options.flags.contains(.readOnly) { attributes.insert(.readOnly) }
        if options.flags.contains(.noSetuid) { attributes.insert(.noSetuid) }
        if options.flags.contains(.noDevices) { attributes.insert(.noDevices) }
        if options.flags.contains(.noExecute) { attributes.insert(.noExecute) }
        let mount = try Mounts.mount(context.raw, attributes)
        try Mounts.attach(mount.raw, at: place)
    }

    /// mount(2) from the layers' common directory, so that each layer costs only a few bytes.
    static func applyRelative(_ options: MountOptions, source: String, at place: String) throws(Errno) {
        let paths = options.own.flatMap { option in
            let (key, value) = split(option)
            return ["lowerdir", "upperdir", "workdir"].contains(key) ? (value ?? "").split(separator: ":") : []
        }
        let base = commonDirectory(paths)
        let short = options.own.map { option in
            let (key, value) = split(option)
            guard let value, ["lowerdir", "upperdir", "workdir"].contains(key) else { return option }
            return key + "=" + value.split(separator: ":").map { $0.dropFirst(base.utf8.count) }.joined(separator: ":")
        }
        let data = short.joined(separator: ",")
        if data.utf8.count >= MountOptions.pageLimit { throw .nameTooLong }
        let flags = options.flags
        let done = Monitor<Swift.Result<Void, Errno>?>(nil)
        try Threads.start("gantry-mount") {
            var result = Swift.Result<Void, Errno>.success(())
            do throws(Errno) {
                try Mounts.unshareDirectory()
                try Mounts.changeDirectory(base)
                try Mounts.mount(source, at: place, type: "overlay", flags: flags, options: data)
            } catch {
                result = .failure(error)
            }
            let outcome = result
            done.with { $0 = outcome }
            done.wakeAll()
        }
        if let result = done.wait(until: { $0 }) { try result.get() }
    }

    private static func split(_ option: String) -> (key: String, value: String?) {
        guard let equals = option.firstIndex(of: "=") else { return (option, nil) }
        return (String(option[..<equals]), String(option[option.index(after: equals)...]))
    }

    /// The longest directory, with its closing slash, that all paths begin with.
    static func commonDirectory(_ paths: [Substring]) -> String {
        guard var common = paths.first.map({ Array($0.utf8) }) else { return "" }
        for path in paths.dropFirst() {
            var length = 0
            for (left, right) in zip(common, path.utf8) {
                if left != right { break }
                length += 1
            }
            common.removeLast(common.count - length)
        }
        let end = common.lastIndex(of: 0x2f).map { $0 + 1 } ?? 0
        return String(decoding: common[..<end], as: UTF8.self)
    }
}
