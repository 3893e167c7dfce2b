import GantryModel
import GantrySystem
import GantryWire
import RegistryFixture
import Testing

@testable import GantryImages

/// The directories that say how single hosts are reached.
struct HostsTests {
    let directory: TestDirectory
    var hosts: RegistryHosts { RegistryHosts(directory: directory.path) }

    init() throws { directory = try TestDirectory() }

    @Test func aHostWithoutDirectoryHasTheDefaults() throws {
        #expect(try hosts.settings("example.org") == RegistryHosts.Settings())
        #expect(try RegistryHosts(directory: "/nonexistent").settings("a") == RegistryHosts.Settings())
    }

    @Test func theExampleShowsTheDefaults() throws {
        let root = Path.parent(of: Path.parent(of: Path.parent(of: #filePath)))
        let example = RegistryHosts(directory: root + "/config/hosts.example")
        #expect(Path.exists(root + "/config/hosts.example/registry.example.org:5000/host.toml"))
        #expect(try example.settings("registry.example.org:5000") == RegistryHosts.Settings())
    }

    @Test func readsDockersLayout() throws {
        try directory.write("a:5000/ca.crt", "one")
        try directory.write("a:5000/more.crt", "two")
        try directory.write("a:5000/client.cert", "")
        try directory.write("a:5000/client.key", "")
        let settings = try hosts.settings("a:5000")
        #expect(settings.authorities == Array("one\ntwo\n".utf8))
        #expect(settings.client?.certificate == directory.path + "/a:5000/client.cert")
        #expect(settings.client?.key == directory.path + "/a:5000/client.key")
    }

    @Test func readsHostToml() throws {
        try directory.write("a/host.toml", "# a comment\n\n plain_http = true # why\n")
        try directory.write("b/host.toml", "plain_http=false\nskip_verify = true\r\n")
        #expect(try hosts.settings("a").plainHTTP)
        let other = try hosts.settings("b")
        #expect(!other.plainHTTP && other.skipVerify)
    }

    @Test(arguments: ["plain_htpp = true", "plain_http = yes", "plain_http", "[host]", "skip_verify = \"true\""])
    func refusesWhatItDoesNotKnow(_ line: String) throws {
        try directory.write("a/host.toml", "plain_http = false\n\(line)\n")
        let error = refusal { _ = try hosts.settings("a") }
        #expect(error.code == .invalidArgument)
        #expect(error.message.contains("/a/host.toml:2': expected"), "\(error)")
    }

    @Test func refusesHalfAClientCertificate() throws {
        try directory.write("a/client.cert", "")
        #expect(refusal { _ = try hosts.settings("a") }.message.hasSuffix("'client.cert' lacks its key 'client.key'"))
        try directory.write("b/client.key", "")
        #expect(
            refusal { _ = try hosts.settings("b") }.message.hasSuffix(
                "'client.key' lacks its certificate 'client.cert'"))
    }

    @Test func refusesContradictions() throws {
        try directory.write("a/host.toml", "plain_http = true\nskip_verify = true\n")
        #expect(refusal { _ = try hosts.settings("a") }.code == .invalidArgument)
    }

    @Test func anErrorInAHostsFilesEndsItsPullsOnly() throws {
        try directory.write("example.org/host.toml", "?")
        var options = Talk.options
        options.hostsDirectory = directory.path
        let talk = try Talk("example.org", "a:1", options: options)
        #expect(refusal { _ = try talk.manifest() }.code == .invalidArgument)
    }
}
