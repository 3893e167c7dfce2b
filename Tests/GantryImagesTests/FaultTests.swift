import GantryModel
import GantryWire
import RegistryFixture
import Testing

@testable import GantryImages

/// What a registry may answer instead of what was asked for; each ends in one clear error, or in the whole image.
// One after another: asking the server for its log empties it.
@Suite(.serialized) struct FaultTests {
    private static let server = Result { try FaultServer() }
    let server: FaultServer
    var registry: String { server.address }

    init() throws { server = try Self.server.get() }

    @Test func aRegistryThatIsWell() throws {
        let talk = try Talk(registry, "good/a:1")
        let (descriptor, bytes) = try talk.manifest()
        #expect(descriptor.mediaType == .ociManifest)
        #expect(descriptor.size == Int64(bytes.count))
        #expect(try talk.layerArrives())
        let again = try talk.source.manifest(talk.reference.pinned(to: descriptor.digest))
        #expect(again.bytes == bytes)
    }

    // MARK: Statuses

    @Test(arguments: [
        (401, ErrorCode.permissionDenied, "access denied: the repository does not exist, or needs 'gantry login"),
        (403, .permissionDenied, "access denied"), (404, .notFound, "manifest for '"),
        (429, .resourceExhausted, "too many requests"), (500, .unavailable, "failed with status 500"),
        (503, .unavailable, "failed with status 503"), (418, .failedPrecondition, "answered with status 418"),
        (204, .dataLoss, "not JSON"), (301, .failedPrecondition, "answered with status 301"),
    ])
    func statuses(_ status: Int, _ code: ErrorCode, _ words: String) throws {
        let error = refusal { _ = try Talk(registry, "status/\(status):1").manifest() }
        #expect(error.code == code)
        #expect(error.message.hasPrefix("pull '\(registry)/status/\(status):1': "), "\(error)")
        #expect(error.message.contains(words), "\(error)")
    }

    @Test func theRegistrysWordsAreShownButDoNotMoveTheCursor() throws {
        let message = refusal { _ = try Talk(registry, "status/404:1").manifest() }.message
        #expect(message.contains("(SOME_CODE: words  [31mof the  registry xxx"), "\(message)")
        #expect(!message.unicodeScalars.contains { $0.value < 0x20 })
        #expect(message.count < 500)
        #expect(refusal { _ = try Talk(registry, "no-name/a:1").manifest() }.message.contains("repository '"))
    }

    @Test func failuresThatPassAreRetried() throws {
        #expect(try Talk(registry, "flaky/\(unique()):1").layerArrives())
        #expect(try Talk(registry, "busy/\(unique()):1").layerArrives())
        #expect(try Talk(registry, "reset/\(unique()):1").layerArrives())
    }

    @Test func aWaitThatIsTooLongIsAnErrorAtOnce() throws {
        let error = refusal { _ = try Talk(registry, "busy-long/a:1").manifest() }
        #expect(error.code == .resourceExhausted)
        #expect(error.message.contains("it asks to wait 86400 seconds"), "\(error)")
    }

    @Test func aPageOfFailureIsReadOnlyInPart() throws {
        #expect(refusal { _ = try Talk(registry, "page/a:1").manifest() }.message.contains("status 502"))
    }

    // MARK: Redirects

    @Test func redirectsEnd() throws {
        let error = refusal { _ = try Talk(registry, "circle/a:1").manifest() }
        #expect(error.code == .unavailable)
        #expect(error.message.contains("redirects in circles"), "\(error)")
        #expect(try Talk(registry, "far/\(unique()):1").manifest().descriptor.size > 0)
    }

    @Test func credentialsStayWithTheHostThatTheyAreFor() throws {
        let talk = try Talk(registry, "away/a:1", credentials: .init(username: "user", password: "secret"))
        _ = try server.log()
        #expect(try talk.layerArrives())
        let log = try server.log().filter { !($0["path"]?.string?.contains("good") ?? false) }
        let storage = log.filter { $0["host"]?.string == "other" && $0["path"]?.string == "/storage" }
        #expect(storage.count == 1)
        #expect(storage.allSatisfy { $0["authorization"]?.string == "" })
        #expect(log.contains { $0["host"]?.string == "registry" && $0["authorization"]?.string != "" })
        #expect(log.allSatisfy { $0["agent"]?.string == "gantry/test" })
    }

    @Test func anotherHostThatAsksForCredentialsGetsNone() throws {
        let talk = try Talk(registry, "away-asking/a:1", credentials: .init(username: "user", password: "secret"))
        #expect(refusal { _ = try talk.manifest() }.code == .permissionDenied)
        #expect(try server.log().allSatisfy { $0["path"]?.string != "/asking" || $0["authorization"]?.string == "" })
    }

    @Test(arguments: [
        ("plain", "redirects to plain HTTP at 'registry.invalid', which is not configured"),
        ("file", "what is no web address"), ("user", "what is no web address"),
    ])
    func redirectsThatAreNotFollowed(_ kind: String, _ words: String) throws {
        let error = refusal { _ = try Talk(registry, "elsewhere/\(kind):1").manifest() }
        #expect(error.code == .failedPrecondition)
        #expect(error.message.contains(words), "\(error)")
    }

    // MARK: Documents

    @Test(arguments: [
        ("wrong-digest/a", "and called it sha256:000"), ("document/html", "is not JSON"),
        ("document/list", "no JSON object"), ("document/empty", "is not JSON"), ("document/deep", "is not JSON"),
        ("document/neither", "neither an image manifest nor an index"), ("endless/a", "more than 4194304 bytes"),
        ("header/a", "a header of more than"),
    ])
    func documentsThatAreNone(_ name: String, _ words: String) throws {
        let error = refusal { _ = try Talk(registry, "\(name):1").manifest() }
        #expect(error.code == .dataLoss)
        #expect(error.message.contains(words), "\(error)")
    }

    @Test func schemaOneIsRefusedByName() throws {
        let error = refusal { _ = try Talk(registry, "document/schema1:1").manifest() }
        #expect(error.code == .unimplemented)
        #expect(error.message.contains("schema 1"), "\(error)")
    }

    @Test func bytesUnderAnotherDigestAreRefused() throws {
        let digest = try Talk(registry, "good/a:1").manifest().descriptor.digest
        let error = refusal { _ = try Talk(registry, "other-bytes/a@\(digest)").manifest() }
        #expect(error.code == .dataLoss)
        #expect(error.message.contains("another digest"), "\(error)")
    }

    @Test func aDocumentWithoutTypeIsWhatItLooksLike() throws {
        #expect(try Talk(registry, "untyped/a:1").manifest().descriptor.mediaType == .ociManifest)
    }

    private func unique() -> String { "n\(UInt64.random(in: 0 ... .max))" }
}
