import CCurl

/// One of libcurl's handles, with the connections that its earlier exchanges left open.
final class CurlHandle: @unchecked Sendable {
    // SAFETY: `HandlePool` gives a handle to one thread at a time and takes it back; `raw` is freed with this object.
    private let raw: OpaquePointer

    /// Nil when there is no memory.
    init?(share: OpaquePointer) {
        guard let raw = cc_create(share) else { return nil }
        self.raw = raw
    }

    deinit { cc_destroy(raw) }

    /// Sets up the next exchange, from nothing.
    func prepare(_ request: HTTPRequest, _ settings: RegistryHosts.Settings, _ options: RegistryOptions)
        throws(TransferFault)
    {
        let host = request.address.authority
        func set(_ code: Int32) throws(TransferFault) {
            guard code != 0 else { return }
            throw TransferFault(kind: .local, host: host, detail: String(cString: cc_reason(code)))
        }
        try set(cc_reset(raw))
        try set(cc_set_url(raw, request.address.description))
        try set(cc_set_user_agent(raw, options.userAgent))
        for (name, value) in request.headers { try set(cc_add_header(raw, "\(name): \(value)")) }
        if let authorization = request.authorization {
            try set(cc_add_header(raw, "Authorization: \(authorization)"))
        }
        if let form = request.form { try set(cc_set_form(raw, form, form.utf8.count)) }
        let connect = min(options.connectTimeout, request.connectTimeout ?? .max)
        try set(cc_set_connect_timeout(raw, connect * 1000))
        // A document that drips a byte a second is never a stall, but would keep us for weeks.
        if request.isDocument { try set(cc_set_timeout(raw, (connect + 4 * options.stallTimeout) * 1000)) }
        // A proxy has another loopback than we.
        if request.address.isLoopback { try set(cc_set_no_proxy(raw)) }
        guard request.address.scheme == .https else { return }
        if settings.skipVerify { try set(cc_set_unverified(raw)) }
        if !settings.authorities.isEmpty {
            let authorities = Authorities(beside: settings.authorities)
            try set(
                authorities.pem.withUnsafeBytes {
                    cc_set_authorities(raw, $0.baseAddress, $0.count, authorities.directory)
                })
        }
        if let client = settings.client { try set(cc_set_client_certificate(raw, client.certificate, client.key)) }
    }

    /// Runs what was prepared and gives libcurl's number; `exchange` takes the answer.
    func perform(_ exchange: Exchange) -> Int32 {
        var callbacks = cc_callbacks(
            user: Unmanaged.passUnretained(exchange).toOpaque(),
            body: { user, bytes, count in
                Exchange.at(user).take(body: UnsafeRawBufferPointer(start: bytes, count: count)) ? 1 : 0
            },
            header: { user, bytes, count in
                Exchange.at(user).take(header: UnsafeRawBufferPointer(start: bytes, count: count)) ? 1 : 0
            },
            tick: { user in Exchange.at(user).tick() ? 1 : 0 })
        return withExtendedLifetime(exchange) { cc_perform(raw, &callbacks) }
    }

    /// What libcurl says about its last number.
    func detail(_ code: Int32) -> String {
        let text = String(cString: cc_error_text(raw))
        return text.isEmpty ? String(cString: cc_reason(code)) : text
    }

    /// Whether the last exchange had a connection, TLS and all.
    var wasConnected: Bool { cc_was_connected(raw) != 0 }
    /// Seconds of the answer's Retry-After.
    var retryAfter: Int64 { cc_retry_after(raw) }
    /// Where the answer sends us on to.
    var redirect: String? { cc_redirect_url(raw).map { String(cString: $0) } }
}
