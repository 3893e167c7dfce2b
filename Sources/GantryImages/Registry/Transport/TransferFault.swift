import GantryWire

/// Why an exchange with a server did not come to an answer, before anybody has said what it was for.
struct TransferFault: Error, Sendable {
    enum Kind: Sendable {
        /// The name of the host, or of the proxy, is not known.
        case resolve
        case connect
        case connectTimeout
        /// No byte for too long, or a document that takes too long.
        case stalled
        /// TLS did not come about for another reason than a certificate; a server without TLS looks like that.
        case handshake
        /// The server's certificate cannot be verified.
        case certificate
        /// Our own certificate or the authorities cannot be used.
        case ownCertificate
        /// The connection broke, or what came over it is no HTTP.
        case broken
        /// We refuse what it answers, such as a redirect that is not followed; `detail` says what "it" does.
        case refused(ErrorCode)
        /// This machine has no libcurl that can be loaded.
        case library
        /// libcurl does not do what it is told: it is out of memory.
        case local
    }

    var kind: Kind
    /// The host that was spoken to.
    var host: String
    /// libcurl's words; ours for `refused` and `local`.
    var detail: String

    /// Whether another try may end better at once.
    var mayPass: Bool {
        switch kind {
        case .stalled, .broken: true
        default: false
        }
    }

    /// By libcurl's number. Source: curl/curl.h, `CURLcode`.
    static func kind(code: Int32, wasConnected: Bool) -> Kind {
        switch code {
        case 5, 6: .resolve
        case 7: .connect
        case 28: wasConnected ? .stalled : .connectTimeout
        case 35: .handshake
        case 60, 83, 90, 91: .certificate
        case 58, 59, 77, 80, 82: .ownCertificate
        case 1, 2, 3, 4, 27, 43, 48: .local
        default: .broken
        }
    }
}
