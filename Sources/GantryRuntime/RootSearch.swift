import GantrySystem

/// Looks into a container's root as the container will see it, and never outside.
struct RootSearch {
    let root: Int32
    let settings: ContainerSettings

    /// The bytes of a file such as `/etc/passwd`; empty when there is none or it is no plain file.
    func contents(_ path: String) -> [UInt8] {
        guard let file = try? File.open(path, [.read, .nonblocking, .noTerminal], below: root),
            (try? FileStatus.of(descriptor: file.raw))?.kind == .regular
        else { return [] }
        return (try? File.readAll(file.raw, limit: 16 << 20)) ?? []
    }

    /// What would become of the entrypoint: docker's exit status for a start that failed.
    enum Entrypoint { case found, missing, notExecutable }

    func entrypoint() -> Entrypoint {
        let program = settings.arguments[0]
        if program.contains("/") {
            let path = program.hasPrefix("/") ? program : settings.workingDirectory + "/" + program
            return look(path)
        }
        let variable = settings.env.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) } ?? ProcessSpec.path
        var result = Entrypoint.missing
        for directory in variable.split(separator: ":") {
            switch look("\(directory)/\(program)") {
            case .found: return .found
            case .notExecutable: result = .notExecutable
            case .missing: break
            }
        }
        return result
    }

    private func look(_ path: String) -> Entrypoint {
        // What a mount covers cannot be seen below the root; look into the deepest source instead.
        let cover = settings.mounts.filter { path == $0.target || path.hasPrefix($0.target + "/") }
            .max { $0.target.utf8.count < $1.target.utf8.count }
        if let cover {
            guard cover.kind != .tmpfs, let source = try? File.open(cover.source, .path) else { return .missing }
            let rest = String(path.dropFirst(cover.target.count))
            if rest.isEmpty { return judge(source.raw) }
            guard let file = try? File.open(rest, .path, below: source.raw) else { return .missing }
            return judge(file.raw)
        }
        guard let file = try? File.open(path, .path, below: root) else { return .missing }
        return judge(file.raw)
    }

    private func judge(_ file: Int32) -> Entrypoint {
        guard let status = try? FileStatus.of(descriptor: file) else { return .missing }
        return status.kind == .regular && status.permissions & 0o111 != 0 ? .found : .notExecutable
    }
}
