import GantryModel
import GantryWire

/// One conversation with one repository, over libcurl.
///
/// ```
///   manifest, blob ─▶ Retry ─▶ RegistryBase (scheme) ─▶ Authorizer (401) ─▶ Transport (redirects) ─▶ libcurl
/// ```
final class RegistryConversation: RegistrySource {
    let repository: Reference
    let transport: Transport
    private let base: RegistryBase
    private let authorizer: Authorizer

    init(
        _ repository: Reference, _ credentials: RegistryCredentials?, _ transport: Transport, _ schemes: LoopbackSchemes
    ) {
        self.repository = repository
        self.transport = transport
        base = RegistryBase(domain: repository.domain, transport, schemes)
        authorizer = Authorizer(transport, credentials, scope: "repository:\(repository.path):pull")
    }

    /// What is done, for messages.
    func operation(_ text: String) -> RegistryOperation {
        RegistryOperation(
            text: text, registry: repository.domain, hasCredentials: authorizer.hasCredentials,
            hostsDirectory: transport.options.hostsDirectory)
    }

    /// Sends a request for what is below `/v2/<repository>/`, with the credentials that the registry asks for.
    func send(
        _ path: String, headers: [(name: String, value: String)], isDocument: Bool,
        begin: (HTTPHead) throws -> Void, body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> HTTPHead {
        try base.with { origin in
            var request = HTTPRequest(
                address: origin.path("/v2/\(repository.path)/\(path)"), headers: headers, isDocument: isDocument)
            let sent = try authorizer.current()
            request.authorization = sent?.header
            let head = try transport.send(request, begin: begin, body: body)
            // Only the registry itself may ask for what was meant for it.
            guard head.status == 401, head.address?.isSameOrigin(as: origin) == true,
                let answer = try authorizer.answer(head, sent: sent)
            else { return head }
            request.authorization = answer.header
            return try transport.send(request, begin: begin, body: body)
        } isDoubtful: {
            $0.status == 400
        }
    }
}
