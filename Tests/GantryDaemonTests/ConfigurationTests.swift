import GantryModel
import GantrySystem
import Testing

@testable import GantryDaemon

/// What `gantry.toml` may say, and what is said about it when it is wrong.
struct ConfigurationTests {
    private func withFile(_ text: String, drop: String? = nil, _ body: (String) throws -> Void) throws {
        let directory = "/tmp/gantry-config-\(Processes.current)-\(File.random(4).map(String.init).joined())"
        try Path.makeDirectories(directory + "/conf.d")
        defer { try? Directory.removeTree(directory) }
        try File.replace(directory + "/gantry.toml", with: Array(text.utf8), sync: false)
        if let drop { try File.replace(directory + "/conf.d/10-drop.toml", with: Array(drop.utf8), sync: false) }
        try body(directory + "/gantry.toml")
    }

    private func message(_ text: String) throws -> String {
        var message = ""
        try withFile(text) { path in
            do throws(GantryError) { _ = try ConfigurationFile.load(path, required: true) } catch {
                message = error.message.replacing(path, with: "FILE")
            }
        }
        return message
    }

    @Test func theSampleEqualsTheDefaults() throws {
        let sample = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/" + sample + "/config/gantry.toml"
        let loaded = try ConfigurationFile.load(path, required: true)
        #expect(loaded == Configuration())
        let text = String(decoding: try File.contents(path), as: UTF8.self)
        for key in ConfigurationKey.all {
            let name = key.path.split(separator: ".").last!
            #expect(
                text.contains("\n\(name) = \(key.show(Configuration()))\n"), "\(key.path) is not shown with its default"
            )
        }
    }

    @Test func anEmptyFileIsTheDefaults() throws {
        try withFile("") { path in
            let loaded = try ConfigurationFile.load(path, required: true)
            #expect(loaded == Configuration())
        }
    }

    @Test func unknownKeysAreNamedWithFileAndLine() throws {
        #expect(
            try message("root = \"/x\"\n\n[limits]\n# a comment\nlayersize = 5\n")
                == "read configuration 'FILE:5': unknown key 'limits.layersize'")
        #expect(try message("[nonsense]\na = 1\n") == "read configuration 'FILE:1': unknown key 'nonsense'")
    }

    @Test func wrongValuesSayWhatIsRight() throws {
        #expect(
            try message("log_level = \"loud\"")
                == "read configuration 'FILE:1': log_level must be one of trace, debug, info, notice, warning, error, critical"
        )
        #expect(
            try message("\n[limits]\nthreads = \"4\"").hasPrefix(
                "read configuration 'FILE:3': limits.threads must be an integer"))
        #expect(try message("root = 5").contains("root must be a string"))
    }

    @Test func badSyntaxIsNamedWithItsLine() throws {
        #expect(try message("root = \"/x\"\nstate = \n").hasPrefix("read configuration 'FILE:2"))
    }

    @Test func dropInsOverrule() throws {
        try withFile("runtime = \"crun\"\nlog_level = \"debug\"\n", drop: "runtime = \"runc\"\n") { path in
            let loaded = try ConfigurationFile.load(path, required: true)
            #expect(loaded.runtime == "runc")
            #expect(loaded.logLevel == "debug")
        }
    }

    @Test func aMissingFileMattersOnlyWhenItWasNamed() throws {
        #expect(try ConfigurationFile.load("/nonexistent/gantry.toml", required: false) == Configuration())
        #expect(throws: GantryError.self) { _ = try ConfigurationFile.load("/nonexistent/gantry.toml", required: true) }
    }
}
