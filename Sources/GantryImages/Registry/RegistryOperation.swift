import GantryModel
import GantryWire

/// What is being done with a registry, in words: turns what went wrong below into the one error that a caller sees.
struct RegistryOperation: Sendable {
    /// "pull 'localhost:5000/tools/busybox:1'".
    let text: String
    /// The registry as people name it.
    let registry: String
    /// Whether the client sent credentials; what to do about a refusal depends on it.
    let hasCredentials: Bool
    let hostsDirectory: String

    /// The error for a caller. What is a `GantryError` already, or not of this module, is passed on as it is.
    func error(_ error: any Error) -> any Error {
        switch error {
        case let fault as TransferFault: self.error(fault)
        case let refusal as RegistryRefusal: self.error(refusal)
        default: error
        }
    }

    private func failure(_ code: ErrorCode, _ reason: String) -> GantryError {
        GantryError(code, "\(text): \(reason)")
    }

    // MARK: No answer

    func error(_ fault: TransferFault) -> GantryError {
        let host = fault.host.isEmpty ? registry : fault.host
        let detail = RegistryRefusal.clean(fault.detail) ?? "no reason given"
        switch fault.kind {
        case .resolve, .connect:
            return failure(.unavailable, "cannot connect to '\(host)': \(detail)")
        case .connectTimeout:
            return failure(.unavailable, "cannot connect to '\(host)' in time: \(detail)")
        case .stalled:
            return failure(.unavailable, "'\(host)' has stopped sending: \(detail)")
        case .handshake:
            return failure(
                .unavailable,
                "'\(host)' does not speak TLS: \(detail); where it speaks plain HTTP, '\(hostsDirectory)/\(host)/host.toml' "
                    + "must say 'plain_http = true'")
        case .certificate:
            return failure(
                .failedPrecondition,
                "the certificate of '\(host)' cannot be verified: \(Self.certificateReason(detail)); its authority goes "
                    + "into '\(hostsDirectory)/\(host)/ca.crt'")
        case .ownCertificate:
            return failure(
                .failedPrecondition, "the certificates in '\(hostsDirectory)/\(host)' cannot be used: \(detail)")
        case .broken:
            return failure(.unavailable, "the connection to '\(host)' broke off: \(detail)")
        case .refused(let code):
            return failure(code, "'\(host)': \(detail)")
        case .library:
            return failure(.failedPrecondition, detail)
        case .local:
            return failure(.internal, detail)
        }
    }

    /// libcurl's words without what they begin with.
    private static func certificateReason(_ detail: String) -> String {
        for prefix in ["SSL certificate problem: ", "SSL: "] where detail.hasPrefix(prefix) {
            return String(detail.dropFirst(prefix.count))
        }
        return detail
    }

    // MARK: An answer of refusal

    func error(_ refusal: RegistryRefusal) -> GantryError {
        let host = refusal.head.address?.authority ?? registry
        let words = refusal.words.map { " (\($0))" } ?? ""
        switch refusal.head.status {
        case 401, 403: return failure(.permissionDenied, denial(refusal, host) + words)
        case 404: return failure(.notFound, absence(refusal, host) + words)
        case 429:
            let wait = refusal.head.retryAfter
            let hint = wait > 0 ? "; it asks to wait \(wait) seconds" : ""
            return failure(.resourceExhausted, "too many requests to '\(host)'\(hint)\(words)")
        case 500...599:
            return failure(.unavailable, "'\(host)' failed with status \(refusal.head.status)\(words)")
        default:
            return failure(
                .failedPrecondition,
                "'\(host)' answered with status \(refusal.head.status), which is no answer to that\(words)"
            )
        }
    }

    private func denial(_ refusal: RegistryRefusal, _ host: String) -> String {
        switch refusal.subject {
        case .login: return "the user name or password is wrong"
        case .token: return hasCredentials ? "the user name or password is wrong" : "'\(host)' gives nobody a token"
        case .manifest, .blob: break
        }
        if hasCredentials {
            return "access denied: the repository does not exist, or these credentials do not allow it"
        }
        return "access denied: the repository does not exist, or needs 'gantry login \(registry)'"
    }

    private func absence(_ refusal: RegistryRefusal, _ host: String) -> String {
        switch refusal.subject {
        case .manifest(let reference):
            if refusal.errorCode == "NAME_UNKNOWN" { return "repository '\(reference.familiarRepository)' not found" }
            return "manifest for '\(reference.familiar)' not found"
        case .blob(let digest): return "blob '\(digest)' not found at '\(host)'"
        case .token: return "the token service '\(host)' not found"
        case .login: return "'\(host)' is no registry of version 2"
        }
    }
}
