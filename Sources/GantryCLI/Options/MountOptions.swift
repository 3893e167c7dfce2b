import ArgumentParser
import GantryWire

/// The options of `run` and `create` that mount something.
struct MountOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Mount a directory or file of the host, a named volume, or a new volume.",
            valueName: "[source:]target[:ro]"))
    var volume: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Mount a bind, volume or tmpfs, in words.", valueName: "type=bind,source=PATH,target=PATH[,…]"))
    var mount: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Mount memory.", valueName: "target[:size=64m,mode=1777,exec,…]"))
    var tmpfs: [String] = []

    /// Adds what was asked for to the parameters of `containers.create`.
    ///
    /// - Throws: a `Failure` about a value that makes no sense.
    func add(to request: inout JSONObject) throws(Failure) {
        let mounts = try volume.map(VolumeOption.parse) + mount.map(MountOption.parse) + tmpfs.map(TmpfsOption.parse)
        if !mounts.isEmpty { request["mounts"] = .array(mounts) }
    }
}

/// The value of `--tmpfs`: `TARGET[:OPTION,…]`.
enum TmpfsOption {
    static func parse(_ text: String) throws(Failure) -> JSON {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts[0].hasPrefix("/"), parts[0] != "/" else {
            throw Failure("tmpfs '\(text)': the target is not an absolute path below /")
        }
        var mount: JSONObject = ["type": "tmpfs", "target": .string(parts[0])]
        let options = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
        if !options.isEmpty { mount["options"] = .array(options.map { .string($0) }) }
        return .object(mount)
    }
}
