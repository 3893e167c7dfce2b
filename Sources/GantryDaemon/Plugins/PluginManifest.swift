import GantryCore
import GantryModel
import GantryRemote
import GantrySystem
import GantryWire
import TOMLKit

/// What an operator says of one plugin: a `plugin.toml`, or a file `NAME.toml`, in the directory of plugins.
///
/// `docs/plugins.md` lists every key.
struct PluginManifest: Sendable, Equatable {
    /// The kinds that may live in another process.
    static let kinds = ["snapshotter.v1", "verifier.v1", "differ.v1"]

    /// The file it was read from.
    var file = ""
    var kind = ""
    var name = ""
    /// Where it listens; empty for a verifier that is run anew for each image.
    var socket = ""
    /// The program that gantryd starts and keeps running, with its arguments; empty when somebody else does.
    var exec: [String] = []
    /// Where a snapshotter keeps its snapshots: its mounts may lie there.
    var root: String?
    /// Where else its mounts may lie.
    var mountRoots: [String] = []
    /// Seconds for one call.
    var deadline: Int64 = 10
    /// Failures in a row that quarantine it.
    var failures: Int64 = 3
    /// Calls at once.
    var concurrency: Int64 = 16
    /// Whether an image passes when the verifier cannot be asked.
    var allowsOnFailure = false
    /// What a differ decodes.
    var mediaTypes: [String] = []

    /// `kind/name`.
    var id: String { "\(kind)/\(name)" }

    /// Whether it is a program that is run for each question, rather than one that listens.
    var isCommand: Bool { socket.isEmpty }

    var patience: PluginLink.Patience {
        PluginLink.Patience(deadline: deadline * 1000, failures: Int(failures), most: Int(concurrency))
    }

    var rule: MountRule { MountRule(roots: (root.map { [$0] } ?? []) + mountRoots) }
}

/// One key of a manifest.
private struct ManifestKey: Sendable {
    let name: String
    let wanted: String
    let set: @Sendable (inout PluginManifest, any TOMLValueConvertible) -> Bool

    private static func path(_ text: String) -> Bool { text.hasPrefix("/") && !text.utf8.contains(0) }

    private static func text(
        _ name: String, _ wanted: String, _ check: @escaping @Sendable (String) -> Bool,
        _ put: @escaping @Sendable (inout PluginManifest, String) -> Void
    ) -> ManifestKey {
        ManifestKey(name: name, wanted: wanted) { manifest, value in
            guard value.type == .string, let text = value.string, check(text) else { return false }
            put(&manifest, text)
            return true
        }
    }

    private static func texts(
        _ name: String, _ wanted: String, _ check: @escaping @Sendable ([String]) -> Bool,
        _ put: @escaping @Sendable (inout PluginManifest, [String]) -> Void
    ) -> ManifestKey {
        ManifestKey(name: name, wanted: wanted) { manifest, value in
            guard value.type == .array, let array = value.array else { return false }
            let texts = array.compactMap { $0.type == .string ? $0.string : nil }
            guard texts.count == array.count, check(texts) else { return false }
            put(&manifest, texts)
            return true
        }
    }

    private static func number(
        _ name: String, _ range: ClosedRange<Int64>, _ put: @escaping @Sendable (inout PluginManifest, Int64) -> Void
    ) -> ManifestKey {
        ManifestKey(name: name, wanted: "an integer from \(range.lowerBound) to \(range.upperBound)") {
            manifest, value in
            guard value.type == .int, let number = value.int, range.contains(Int64(number)) else { return false }
            put(&manifest, Int64(number))
            return true
        }
    }

    static let all: [ManifestKey] = [
        number("version", 1...1) { _, _ in },
        text(
            "kind", "one of " + PluginManifest.kinds.joined(separator: ", "), { PluginManifest.kinds.contains($0) },
            { $0.kind = $1 }),
        text(
            "name", "1 to 64 letters, digits, '-' and '_'",
            { text in
                (1...64).contains(text.utf8.count)
                    && text.utf8.allSatisfy { byte in
                        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == 0x2d
                            || byte == 0x5f
                    }
            }, { $0.name = $1 }),
        text(
            "socket", "an absolute path of at most \(UnixSocket.longestPath) bytes",
            { path($0) && $0.utf8.count <= UnixSocket.longestPath }, { $0.socket = $1 }),
        texts(
            "exec", "a list: the absolute path of a program, and its arguments",
            { ($0.first.map(path) ?? false) && !$0.contains { $0.utf8.contains(0) } }, { $0.exec = $1 }),
        text("root", "an absolute path", path, { $0.root = $1 }),
        texts("mount_roots", "a list of absolute paths", { $0.allSatisfy(path) }, { $0.mountRoots = $1 }),
        number("deadline", 1...3600) { $0.deadline = $1 },
        number("failures", 1...1000) { $0.failures = $1 },
        number("concurrency", 1...32) { $0.concurrency = $1 },
        text(
            "on_failure", "\"refuse\" or \"allow\"", { ["refuse", "allow"].contains($0) },
            { $0.allowsOnFailure = $1 == "allow" }),
        texts("media_types", "a list of media types", { !$0.isEmpty && !$0.contains("") }, { $0.mediaTypes = $1 }),
    ]

    /// Keys that only some kinds have.
    static let kinds: [String: Set<String>] = [
        "root": ["snapshotter.v1"], "mount_roots": ["snapshotter.v1"], "on_failure": ["verifier.v1"],
        "media_types": ["differ.v1"],
    ]
}

extension PluginManifest {
    /// Reads a manifest.
    ///
    /// The file must be root's, or this user's, and nobody else may write to it: `exec` is run as root.
    /// - Throws: `.invalidArgument` "read plugin manifest 'FILE:LINE': key 'KEY' …", `.permissionDenied`.
    static func read(_ file: String) throws(GantryError) -> PluginManifest {
        let operation = "read plugin manifest"
        let bytes: [UInt8]
        let status: FileStatus
        do throws(Errno) {
            status = try FileStatus.of(file, follow: true)
            bytes = try File.contents(file, limit: 1 << 20)
        } catch { throw GantryError("\(operation) '\(file)'", error) }
        guard status.uid == 0 || status.uid == Processes.effectiveUser, status.permissions & 0o022 == 0 else {
            throw GantryError(
                .permissionDenied,
                "\(operation) '\(file)': others than root may write to it (chown root, chmod go-w)")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let table: TOMLTable
        do { table = try TOMLTable(string: text) } catch let error as TOMLParseError {
            throw GantryError(
                .invalidArgument, "\(operation) '\(file):\(error.source.begin.line)': \(error.description)")
        } catch { throw GantryError(.invalidArgument, "\(operation) '\(file)': \(error)") }
        let lines = ConfigurationLines(text)
        func fault(_ key: String, _ reason: String) -> GantryError {
            let place = table[key] == nil ? file : "\(file):\(lines.line(of: key))"
            return GantryError(.invalidArgument, "\(operation) '\(place)': key '\(key)' \(reason)")
        }
        var manifest = PluginManifest()
        manifest.file = file
        if let version = table["version"]?.int, version > 1 {
            throw fault("version", "is \(version): it was written for a newer Gantry, and this one reads 1")
        }
        for name in table.keys.sorted() {
            guard let value = table[name] else { continue }
            guard let key = ManifestKey.all.first(where: { $0.name == name }) else { throw fault(name, "is unknown") }
            guard key.set(&manifest, value) else { throw fault(name, "must be \(key.wanted)") }
        }
        for name in ["kind", "name"] where table[name] == nil { throw fault(name, "is missing") }
        for name in table.keys.sorted() {
            guard let kinds = ManifestKey.kinds[name], !kinds.contains(manifest.kind) else { continue }
            throw fault(name, "means nothing for a \(manifest.kind)")
        }
        for name in manifest.needed where table[name] == nil { throw fault(name, "is missing") }
        return manifest
    }

    /// Keys that a plugin of this kind must have.
    private var needed: [String] {
        switch kind {
        case "snapshotter.v1": ["socket", "root"]
        case "verifier.v1": exec.isEmpty ? ["socket"] : []
        default: ["socket", "media_types"]
        }
    }

    /// Every manifest in a directory: `*.toml`, and `plugin.toml` in its subdirectories, by the order of their names.
    ///
    /// Of two with one id the first counts, and the second says so.
    /// - Parameter taken: ids of what is built in.
    static func all(
        in directory: String, taken: Set<String>
    ) -> [(file: String, manifest: Result<PluginManifest, GantryError>)] {
        let entries = ((try? Directory.list(directory)) ?? []).sorted { $0.name < $1.name }
        var holders: [String: String] = [:]
        for id in taken { holders[id] = "what is built in" }
        return entries.compactMap { entry in
            var file = "\(directory)/\(entry.name)"
            if !entry.name.hasSuffix(".toml") {
                file += "/plugin.toml"
                guard Path.exists(file) else { return nil }
            }
            do throws(GantryError) {
                let manifest = try read(file)
                if let holder = holders[manifest.id] {
                    throw GantryError(
                        .alreadyExists,
                        "read plugin manifest '\(file)': key 'name': '\(manifest.id)' is taken by \(holder)")
                }
                holders[manifest.id] = "'\(file)'"
                return (file, .success(manifest))
            } catch { return (file, .failure(error)) }
        }
    }
}
