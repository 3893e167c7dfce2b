import GantryModel
import GantryWire

/// Shows credentials to a registry, and to the token service that it names, without wanting anything from it.
///
/// Source: OCI distribution-spec v1.1, "end-1": `GET /v2/` answers 200 to who may use the registry.
struct RegistryLogin {
    let base: RegistryBase
    let transport: Transport
    let credentials: RegistryCredentials

    init(registry: String, credentials: RegistryCredentials, _ transport: Transport, _ schemes: LoopbackSchemes) {
        base = RegistryBase(domain: registry, transport, schemes)
        self.transport = transport
        self.credentials = credentials
    }

    /// The identity token, if there is one. A registry that lets everybody in lets these in as well.
    func run() throws -> String? {
        var retry = Retry(transport)
        while true {
            do {
                return try attempt()
            } catch let failure where failure is TransferFault || failure is RegistryRefusal {
                try retry.wait(after: failure)
            }
        }
    }

    private func attempt() throws -> String? {
        let head = try ping(nil)
        if head.isSuccess { return nil }
        // Who answers in the registry's place is not asked whom to show a password to.
        guard head.status == 401, head.address?.host == WebAddress(.https, authority: base.authority)?.host else {
            throw RegistryRefusal(.login, head)
        }
        let challenges = head.all("www-authenticate").flatMap { Challenge.all(in: $0) }
        var answer = BasicAuthorization.header(credentials)
        var refresh: String?
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            var request = try Authorizer.request(
                bearer, scope: bearer.parameters["scope"] ?? "", credentials, transport)
            request.offline = true
            let token = try request.send(over: transport)
            answer = "Bearer \(token.text)"
            refresh = token.refresh
        } else if !challenges.contains(where: { $0.scheme == "basic" }) {
            throw TransferFault(
                kind: .refused(.unimplemented), host: "",
                detail: "it asks for no authentication that is known, which are Basic and Bearer")
        }
        let verdict = try ping(answer)
        guard verdict.isSuccess else { throw RegistryRefusal(.login, verdict) }
        return refresh
    }

    private func ping(_ authorization: String?) throws -> HTTPHead {
        try base.with { origin in
            try transport.document(
                HTTPRequest(address: origin.path("/v2/"), authorization: authorization), limit: 1 << 20
            ).head
        } isDoubtful: {
            $0.status == 400
        }
    }
}
