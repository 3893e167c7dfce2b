import Testing

@testable import GantryImages

/// Who a URL speaks to: what decides where credentials go.
struct WebAddressTests {
    @Test(arguments: [
        ("https://Example.org/v2/?a=b#c", "https://example.org/v2/?a=b"),
        ("HTTP://127.0.0.1:5000", "http://127.0.0.1:5000/"), ("https://a:443/x", "https://a/x"),
        ("https://[::1]:5000/x", "https://[::1]:5000/x"), ("http://a?x", "http://a/?x"),
    ])
    func reads(_ text: String, _ shown: String) {
        #expect(WebAddress(text)?.description == shown)
    }

    @Test(arguments: [
        "", "ftp://a/", "http:/a", "https://", "https:///x", "https://user:password@host/", "https://a b/",
        "https://a\r\nHost: b/", "https://a:0/", "https://a:65536/", "https://a:+1/", "https://[::1/", "https://[]/",
        "file:///etc/passwd", "https://../x", "https://a\\b/", "https://é/",
    ])
    func refuses(_ text: String) {
        if let address = WebAddress(text) {
            // What ends a host ends it for everybody: nothing of the rest may count as one.
            #expect(address.host == "a", "\(text) is \(address)")
        }
    }

    @Test(arguments: [
        ("localhost", true), ("127.0.0.1", true), ("127.255.0.3:5000", true), ("[::1]:1", true), ("LOCALHOST", true),
        ("127.0.0.1.example.org", false), ("127.0.0.256", false), ("localhost.example.org", false), ("127.1", false),
        ("128.0.0.1", false), ("[::2]", false), ("127.0.0.", false), ("docker.io", false),
    ])
    func knowsLoopback(_ authority: String, _ isLoopback: Bool) {
        #expect((WebAddress(.https, authority: authority)?.isLoopback ?? false) == isLoopback)
    }

    @Test func anotherPortOrSchemeIsAnotherOrigin() throws {
        let address = try #require(WebAddress("https://a/x"))
        #expect(address.isSameOrigin(as: try #require(WebAddress("https://A:443/y"))))
        for other in ["http://a/x", "https://a:444/x", "https://b/x", "http://a:443/x"] {
            #expect(!address.isSameOrigin(as: try #require(WebAddress(other))))
        }
    }
}
