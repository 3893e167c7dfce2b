import GantryCore
package import GantryModel
import GantrySystem
import GantryWire

/// Freezing a container into files, by CRIU through the OCI runtime; `Tasks+Start` thaws one.
///
/// Source: runc-checkpoint(8), runc-restore(8); crun(1), CHECKPOINT and RESTORE.
extension Tasks {
    /// Writes the container's processes into the directory `images`, which is there and empty.
    ///
    /// They end with it, unless they are to be left running; their end is told by the shim like any other. When this fails
    /// the container runs on. Cost: some 100 ms, and the container's memory written out.
    /// - Throws: `.failedPrecondition` when the container is not running, or its runtime cannot do it; with the words of
    ///   CRIU's log where there are any.
    package func checkpoint(_ key: TaskKey, to images: String, leaveRunning: Bool) throws(GantryError) {
        guard let entry = entry(key), case .running = entry.state else {
            throw GantryError(.failedPrecondition, "checkpoint container '\(key)': it is not running")
        }
        if let reason = entry.runtime.whyNoCheckpoints() {
            throw GantryError(.failedPrecondition, "checkpoint container '\(key)': \(reason)")
        }
        let work = Self.checkpointWork(directory(key))
        defer { try? Directory.removeTree(work) }
        do throws(GantryError) {
            try runRuntime(
                key, entry.runtime,
                ["checkpoint", "--image-path", images, "--work-path", work, "--file-locks", "--ext-unix-sk"]
                    + (leaveRunning ? ["--leave-running"] : []), milliseconds: 600_000)
        } catch {
            let reason = CriuLog.reason(work + "/dump.log") ?? error.message
            throw GantryError(error.code, "checkpoint container '\(key)': \(reason)")
        }
    }

    /// Where CRIU keeps its log and its own files while it works.
    static func checkpointWork(_ directory: TaskDirectory) -> String { directory.path + "/criu" }

    /// What is in a directory that `checkpoint` has finished: CRIU's last file, without which the others mean nothing.
    package static let checkpointMark = "inventory.img"
}

extension RuntimeChoice {
    /// Why the runtime cannot make checkpoints; nil when it can, as far as can be told beforehand.
    func whyNoCheckpoints() -> String? {
        let install = "install criu, or run the container with --runtime of one that can"
        switch name {
        case "crun":
            return features().contains("+CRIU")
                ? nil : "crun was built without CRIU; run the container with --runtime runc"
        case "runc": return Self.find("criu") == nil ? "runc needs the program criu; \(install)" : nil
        default: return nil
        }
    }
}

/// The log that CRIU leaves.
enum CriuLog {
    /// The last error in it; nil without one. `(00.051011) Error (criu/vdso.c:613): vdso: …`.
    static func reason(_ path: String) -> String? {
        guard let bytes = try? File.contents(path, limit: 64 << 20) else { return nil }
        let errors = bytes.split(separator: 10).filter {
            Array($0.prefix(64)).split(separator: 32).dropFirst().first?.elementsEqual("Error".utf8) == true
        }
        // The first is what happened; what follows is what became of it.
        guard let first = errors.first else { return nil }
        let text = String(decoding: first, as: UTF8.self)
        guard let colon = text.firstIndex(of: ")").flatMap({ text[text.index(after: $0)...].firstIndex(of: ")") })
        else { return text }
        return "CRIU: " + text[text.index(after: colon)...].drop { $0 == ":" || $0 == " " }
    }
}
