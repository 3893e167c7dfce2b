import GantryModel
import GantryWire
import Testing

@Suite struct ReferenceTests {
    @Test(arguments: [
        ("busybox", "docker.io/library/busybox:latest", "busybox:latest"),
        ("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"),
        ("bitnami/redis", "docker.io/bitnami/redis:latest", "bitnami/redis:latest"),
        ("index.docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest"),
        ("docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"),
        ("localhost/x", "localhost/x:latest", "localhost/x:latest"),
        ("localhost:5000/x:t", "localhost:5000/x:t", "localhost:5000/x:t"),
        ("Host/x", "Host/x:latest", "Host/x:latest"),
        ("quay.io/a/b/c:v1.0_x", "quay.io/a/b/c:v1.0_x", "quay.io/a/b/c:v1.0_x"),
        ("[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest"),
        ("a__b/c--d.e", "docker.io/a__b/c--d.e:latest", "a__b/c--d.e:latest"),
    ])
    func normalises(_ text: String, _ whole: String, _ familiar: String) throws {
        let reference = try Reference(text)
        #expect(reference.description == whole)
        #expect(reference.familiar == familiar)
        #expect(try Reference(reference.familiar) == reference)
        #expect(try Reference(whole) == reference)
    }

    @Test func keepsDigests() throws {
        let digest = "sha256:" + String(repeating: "ab", count: 32)
        let pinned = try Reference("busybox@\(digest)")
        #expect(pinned.tag == nil)
        #expect(pinned.description == "docker.io/library/busybox@\(digest)")
        let both = try Reference("localhost:5000/busybox:1@\(digest)")
        #expect(both.tag == "1" && both.digest?.description == digest && both.domain == "localhost:5000")
        #expect(try Reference("busybox").pinned(to: Digest(digest)) == pinned)
    }

    @Test(arguments: [
        ("", "empty"), ("Busybox", "lower case"), ("a//b", "empty"), ("a:", "tag"), ("a:b c", "tag"), ("a b", "'a b'"),
        ("a___b", "joined"), ("-a", "joined"), ("a-", "joined"), ("/a", "empty"), ("a@sha256:12", "hex digits"),
        ("a@md5:12", "md5"), (String(repeating: "0a", count: 32), "id"), ("localhost:99999/x", "port"),
        ("-x.y/z", "host name"), ("a:" + String(repeating: "t", count: 129), "128"),
        (String(repeating: "a", count: 256), "255"), ("a/é", "joined"), ("[::1/x", "]"),
    ])
    func saysWhatIsWrong(_ text: String, _ reason: String) throws {
        let error = #expect(throws: GantryError.self) { try Reference(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
}
