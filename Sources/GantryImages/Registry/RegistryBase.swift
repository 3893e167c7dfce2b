import GantryModel
import GantryWire
import Synchronization

/// Where a registry's requests go: the address of its host, once it is known whether TLS is spoken there.
final class RegistryBase: Sendable {
    /// Docker's name for its registry is not the name of the host.
    static func authority(of domain: String) -> String { domain == "docker.io" ? "registry-1.docker.io" : domain }

    private enum State {
        case unknown
        /// By what another conversation found, which may be long ago.
        case remembered(WebAddress)
        case known(WebAddress)
    }

    /// The host, with a port where the registry's name has one.
    let authority: String
    private let transport: Transport
    private let schemes: LoopbackSchemes
    private let state = Mutex(State.unknown)

    /// - Parameter domain: the registry as references name it.
    init(domain: String, _ transport: Transport, _ schemes: LoopbackSchemes) {
        authority = Self.authority(of: domain)
        self.transport = transport
        self.schemes = schemes
    }

    /// Does something with the address; does it again when the address turns out to be out of date, which is when a
    /// registry on this machine was given TLS, or lost it, since it was last asked.
    ///
    /// - Parameter isDoubtful: whether a result looks as if the scheme were wrong.
    func with<Result>(
        _ body: (WebAddress) throws -> Result, isDoubtful: (Result) -> Bool = { _ in false }
    ) throws -> Result {
        let (address, isRemembered) = try address()
        do {
            let result = try body(address)
            guard isRemembered else { return result }
            if !isDoubtful(result) {
                state.withLock { $0 = .known(address) }
                return result
            }
            let fresh = try probe()
            return fresh == address ? result : try body(fresh)
        } catch let fault as TransferFault where isRemembered {
            guard let fresh = try? probe(), fresh != address else { throw fault }
            return try body(fresh)
        }
    }

    private func address() throws -> (WebAddress, isRemembered: Bool) {
        switch state.withLock({ $0 }) {
        case .known(let address): return (address, false)
        case .remembered(let address): return (address, true)
        case .unknown: break
        }
        guard let secure = WebAddress(.https, authority: authority) else {
            throw GantryError(.invalidArgument, "connect to '\(authority)': not a host name")
        }
        if try transport.settings(secure).plainHTTP { return (try keep(.http), false) }
        guard secure.isLoopback else { return (try keep(.https), false) }
        guard let scheme = schemes.remembered(authority), let address = WebAddress(scheme, authority: authority) else {
            return (try probe(), false)
        }
        state.withLock { $0 = .remembered(address) }
        return (address, true)
    }

    private func probe() throws -> WebAddress { try keep(schemes.probe(authority, transport)) }

    private func keep(_ scheme: WebAddress.Scheme) throws -> WebAddress {
        guard let address = WebAddress(scheme, authority: authority) else {
            throw GantryError(.invalidArgument, "connect to '\(authority)': not a host name")
        }
        state.withLock { $0 = .known(address) }
        return address
    }
}

extension WebAddress {
    /// An address of the same origin.
    func path(_ rest: String) -> WebAddress {
        // Paths are made of names that were checked; none can change whose address it is.
        WebAddress(scheme, authority: authority, rest: rest) ?? self
    }
}
