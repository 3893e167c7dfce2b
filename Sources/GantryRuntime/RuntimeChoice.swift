import GantryCore
package import GantryModel
import GantrySystem
import GantryWire

/// The OCI runtime that a container gets, and why.
package struct RuntimeChoice: Sendable, Equatable {
    /// `crun`, `runc`, or the last part of the path.
    package var name: String
    package var path: String
    /// A sentence for `gantry info`.
    package var reason: String

    /// Resolves `auto`, a name or an absolute path.
    /// - Throws: `.failedPrecondition` when there is no such program.
    package static func resolve(_ wanted: String, cgroups: Cgroups) throws(GantryError) -> RuntimeChoice {
        if wanted == "auto" { return try automatic(cgroups) }
        if wanted.contains("/") {
            guard wanted.hasPrefix("/") else {
                throw GantryError(.failedPrecondition, "use runtime '\(wanted)': not an absolute path")
            }
            guard Path.exists(wanted) else {
                throw GantryError(.failedPrecondition, "use runtime '\(wanted)': no such file")
            }
            guard Path.isExecutable(wanted) else {
                throw GantryError(.failedPrecondition, "use runtime '\(wanted)': not a program")
            }
            return RuntimeChoice(name: Path.name(of: wanted), path: wanted, reason: "asked for by path")
        }
        guard let path = find(wanted) else {
            throw GantryError(
                .failedPrecondition, "use runtime '\(wanted)': no such program in \(searched.joined(separator: ":"))")
        }
        return RuntimeChoice(name: wanted, path: path, reason: "asked for by name")
    }

    private static func automatic(_ cgroups: Cgroups) throws(GantryError) -> RuntimeChoice {
        let crun = find("crun")
        let runc = find("runc")
        if let crun, !refuses(cgroups) {
            return RuntimeChoice(name: "crun", path: crun, reason: "crun is installed and the fastest")
        }
        if let runc {
            let reason =
                crun == nil
                ? "crun is not installed"
                : "crun refuses hybrid cgroups whose unified hierarchy holds controllers (\(cgroups.unifiedControllers.joined(separator: ", ")))"
            return RuntimeChoice(name: "runc", path: runc, reason: reason)
        }
        if crun != nil {
            throw GantryError(
                .failedPrecondition,
                "choose a runtime: crun refuses this machine's hybrid cgroups (the unified hierarchy holds \(cgroups.unifiedControllers.joined(separator: ", "))) and runc is not installed"
            )
        }
        throw GantryError(.failedPrecondition, "choose a runtime: neither crun nor runc is installed")
    }

    private static func refuses(_ cgroups: Cgroups) -> Bool {
        cgroups.version == .hybrid && !cgroups.unifiedControllers.isEmpty
    }

    private static let searched = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    static func find(_ name: String) -> String? {
        searched.map { $0 + "/" + name }.first { Path.isExecutable($0) }
    }

    /// The first line of `--version`, for `gantry info`. Runs the program.
    package func version() -> String {
        let line = features().prefix { $0 != "\n" }
        return line.split(separator: " ").last.map(String.init) ?? ""
    }

    /// All that it says to `--version`: crun also tells what it was built with. Runs the program.
    func features() -> String {
        guard let pipe = try? File.pipe() else { return "" }
        let (read, write) = pipe.split()
        let reading = OwnedDescriptor(read)
        let writing = OwnedDescriptor(write)
        guard let child = try? Spawn(path, [path, "--version"], descriptors: [-1, writing.raw, -1]).start() else {
            return ""
        }
        _ = consume writing
        let output = (try? File.readAll(reading.raw, limit: 65536)) ?? []
        _ = try? child.wait()
        return String(decoding: output, as: UTF8.self)
    }
}
