import Synchronization

/// How registries on this machine are spoken to, as this process has found out; docker tries the same two.
///
/// Only loopback hosts are ever tried in plain HTTP: what is sent there no network sees.
final class LoopbackSchemes: Sendable {
    private let known = Mutex<[String: WebAddress.Scheme]>([:])

    /// Seconds that a server on this machine may take to answer a TLS greeting. One that waits for more of it than comes
    /// speaks something else.
    private static let patience: Int64 = 5

    /// What was found for this authority; nil when nobody has asked.
    func remembered(_ authority: String) -> WebAddress.Scheme? { known.withLock { $0[authority] } }

    /// Asks by TLS, then by HTTP if TLS is not spoken there, and remembers. Cost: one or two requests.
    func probe(_ authority: String, _ transport: Transport) throws -> WebAddress.Scheme {
        known.withLock { $0[authority] = nil }
        let scheme = try find(authority, transport)
        known.withLock { $0[authority] = scheme }
        return scheme
    }

    private func find(_ authority: String, _ transport: Transport) throws -> WebAddress.Scheme {
        do {
            _ = try ask(.https, authority, transport)
            return .https
        } catch let fault as TransferFault {
            switch fault.kind {
            case .handshake, .connectTimeout: break
            default: throw fault
            }
            // 400 is what servers with TLS answer to one who comes without: then the greeting failed for its own reason.
            guard let head = try? ask(.http, authority, transport), head.status != 400 else {
                try transport.check()
                throw fault
            }
            return .http
        }
    }

    private func ask(_ scheme: WebAddress.Scheme, _ authority: String, _ transport: Transport) throws -> HTTPHead {
        guard let address = WebAddress(scheme, authority: authority, rest: "/v2/") else {
            throw TransferFault(kind: .resolve, host: authority, detail: "not a host name")
        }
        let request = HTTPRequest(address: address, connectTimeout: Self.patience)
        return try transport.document(request, limit: 64 << 10).head
    }
}
