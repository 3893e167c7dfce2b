import GantryModel
import GantrySystem
import GantryWire

/// Exchanges with servers, redirects included; knows hosts, not registries.
///
/// What holds for every exchange: the certificate is verified unless the host's directory says otherwise; plain HTTP goes
/// to loopback and to hosts configured so, nowhere else; Authorization goes to the origin it was meant for, nowhere else.
final class Transport: Sendable {
    let options: RegistryOptions
    private let hosts: RegistryHosts
    private let pool: HandlePool
    let check: @Sendable () throws -> Void

    /// Redirects that are followed; a chain that is longer is a circle.
    static let redirectLimit = 10

    init(_ options: RegistryOptions, check: @escaping @Sendable () throws -> Void) throws(TransferFault) {
        self.options = options
        self.check = check
        hosts = RegistryHosts(directory: options.hostsDirectory)
        pool = try HandlePool()
    }

    /// What is configured for the server at an address. Docker's registry has two names.
    func settings(_ address: WebAddress) throws(GantryError) -> RegistryHosts.Settings {
        try hosts.settings(address.host == "registry-1.docker.io" ? "docker.io" : address.authority)
    }

    /// Whether plain HTTP may be spoken to the server.
    func allowsPlain(_ address: WebAddress) throws(GantryError) -> Bool {
        if address.isLoopback { return true }
        return try settings(address).plainHTTP
    }

    /// Sends a request and follows where it leads; the answer is the last one's.
    ///
    /// - Parameters:
    ///   - begin: told about an answer with a status of success, before its body.
    ///   - body: told the bytes of such a body, in libcurl's own buffer.
    /// - Throws: `TransferFault`, what `begin`, `body` and `check` throw, and `GantryError` for bad configuration.
    func send(
        _ request: HTTPRequest, begin: (HTTPHead) throws -> Void = { _ in },
        body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> HTTPHead {
        var request = request
        for _ in 0...Self.redirectLimit {
            let head = try exchange(request, begin, body)
            guard let redirect = head.redirect, (300..<400).contains(head.status) else { return head }
            try redirectRequest(&request, to: redirect)
        }
        throw TransferFault(
            kind: .refused(.unavailable), host: request.address.authority,
            detail: "it redirects in circles: \(Self.redirectLimit) redirects led to no answer")
    }

    private func redirectRequest(_ request: inout HTTPRequest, to target: String) throws {
        let from = request.address
        func refuse(_ reason: String) -> TransferFault {
            TransferFault(kind: .refused(.failedPrecondition), host: from.authority, detail: reason)
        }
        guard let address = WebAddress(target) else { throw refuse("it redirects to what is no web address") }
        guard request.form == nil else { throw refuse("it redirects a form, which may hold a password") }
        if address.scheme == .http {
            guard from.scheme == .http else {
                throw refuse("it redirects from https to http ('\(address.authority)'), which is never followed")
            }
            guard try allowsPlain(address) else {
                throw refuse("it redirects to plain HTTP at '\(address.authority)', which is not configured for that")
            }
        }
        if !address.isSameOrigin(as: from) { request.authorization = nil }
        request.address = address
    }

    /// One request, one answer.
    private func exchange(
        _ request: HTTPRequest, _ begin: (HTTPHead) throws -> Void, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> HTTPHead {
        try check()
        let settings = try settings(request.address)
        return try withoutActuallyEscaping(begin) { begin in
            try withoutActuallyEscaping(body) { body in
                try pool.with { handle in
                    let exchange = Exchange(
                        begin: begin, body: body, check: check, patience: options.stallTimeout)
                    try handle.prepare(request, settings, options)
                    return try Self.run(handle, exchange, request.address)
                }
            }
        }
    }

    private static func run(_ handle: CurlHandle, _ exchange: Exchange, _ address: WebAddress) throws -> HTTPHead {
        exchange.isConnected = { handle.wasConnected }
        let code = handle.perform(exchange)
        if var failure = exchange.failure {
            if var fault = failure as? TransferFault, fault.host.isEmpty {
                fault.host = address.authority
                failure = fault
            }
            throw failure
        }
        guard code == 0 || exchange.isEnough else {
            throw TransferFault(
                kind: TransferFault.kind(code: code, wasConnected: handle.wasConnected), host: address.authority,
                detail: handle.detail(code))
        }
        try exchange.end()
        var head = exchange.head
        head.address = address
        head.retryAfter = handle.retryAfter
        head.redirect = handle.redirect
        return head
    }

    /// Collects a body of at most `limit` bytes.
    func document(_ request: HTTPRequest, limit: Int) throws -> (head: HTTPHead, bytes: [UInt8]) {
        var bytes = [UInt8]()
        let head = try send(request) { _ in
            bytes = []
        } body: { piece in
            guard bytes.count + piece.count <= limit else {
                throw TransferFault(
                    kind: .refused(.dataLoss), host: "",
                    detail: "its answer is longer than \(limit) bytes, which no such document is")
            }
            bytes.append(contentsOf: piece)
        }
        return (head, bytes)
    }

    /// Sleeps, unless the result is no longer wanted.
    func pause(milliseconds: Int64) throws {
        let end = Clock.monotonic + milliseconds * 1_000_000
        while case let left = (end - Clock.monotonic) / 1_000_000, left > 0 {
            try check()
            Clock.sleep(milliseconds: min(left, 50))
        }
        try check()
    }
}
