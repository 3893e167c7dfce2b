import GantryCore
import GantryModel
import GantryRemote
import GantrySystem
import GantryWire
import Logging

/// All verifiers that the operator has plugged in: an image passes when each of them lets it.
struct PluginVerifier: ImageVerifier {
    let host: OnceBox<PluginHost>
    let log: Logger

    /// Most bytes of a reason that a verifier gives.
    private static let reasonLimit = 1024

    func verify(_ question: ImageQuestion) throws {
        for manifest in host.get.commands {
            try judge(manifest, question) { try run(manifest, question) }
        }
        for plugin in host.get.plugins("verifier.v1") {
            try judge(plugin.manifest, question) { try ask(plugin, question) }
        }
    }

    /// - Parameter answer: why the image is refused; nil when it may pass. Throws when the verifier cannot be asked.
    private func judge(_ manifest: PluginManifest, _ question: ImageQuestion, _ answer: () throws -> String?) throws {
        let reason: String?
        do { reason = try answer() } catch {
            log.warning(
                "verifier cannot be asked",
                metadata: [
                    "plugin": "\(manifest.id)", "error": "\(error)", "image": "\(question.shown)",
                    "passes": "\(manifest.allowsOnFailure)",
                ])
            if manifest.allowsOnFailure { return }
            throw GantryError(
                .unavailable,
                "verify image '\(question.shown)': '\(manifest.id)' cannot be asked, and without it nothing passes",
                cause: (error as? GantryError)?.description ?? "\(error)")
        }
        guard let reason else { return }
        throw GantryError(.permissionDenied, "verify image '\(question.shown)': refused by '\(manifest.id)': \(reason)")
    }

    private func ask(_ plugin: HostedPlugin, _ question: ImageQuestion) throws -> String? {
        try plugin.link.call("verifier.verify", question.params) { answer throws -> String? in
            guard let isRight = answer["ok"]?.bool else { throw Nonsense("'ok' is missing or no boolean") }
            return isRight ? nil : Self.shorten(answer["reason"]?.string ?? "")
        }
    }

    /// Runs the program: exit status 0 lets the image pass, any other refuses it, with what it prints as the reason.
    private func run(_ manifest: PluginManifest, _ question: ImageQuestion) throws -> String? {
        var spawn = Spawn(
            manifest.exec[0], manifest.exec + question.arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        spawn.newSession = true
        let run: ProgramRun
        do throws(Errno) {
            run = try ProgramRun.run(spawn, milliseconds: manifest.deadline * 1000, limit: 64 << 10)
        } catch {
            throw GantryError(.unavailable, "run '\(manifest.exec[0])': \(error.reason)")
        }
        switch run.status {
        case .exited(0): return nil
        case .exited(let status):
            let text = String(decoding: run.output.isEmpty ? run.errors : run.output, as: UTF8.self)
            let reason = Self.shorten(text)
            return reason.isEmpty ? "exit status \(status)" : reason
        case .signalled(let signal, _):
            throw GantryError(.unavailable, "run '\(manifest.exec[0])': ended by signal \(signal)")
        }
    }

    private static func shorten(_ text: String) -> String {
        String(text.prefix(reasonLimit).split(whereSeparator: \.isNewline).joined(separator: " "))
    }
}

extension ImageQuestion {
    /// The image as people call it.
    fileprivate var shown: String { name ?? target.description }

    fileprivate var params: JSONObject {
        var params: JSONObject = ["target": .string(target.description), "manifest": .string(manifest.description)]
        params.put("name", name)
        return params
    }

    fileprivate var arguments: [String] {
        (name.map { ["--name", $0] } ?? []) + ["--target", target.description, "--manifest", manifest.description]
    }
}
