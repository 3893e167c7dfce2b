import GantryRPC
import GantrySystem
import Testing

/// The client that was written from docs/protocol.md alone, against the real server.
@Suite struct PythonClientTests {
    private static let interpreter = "/usr/bin/python3"
    private static let program = """
        import io, sys
        sys.path.insert(0, sys.argv[1])
        sys.dont_write_bytecode = True
        from gantry_client import Client, GantryError

        with Client(sys.argv[2], namespace="py") as gantry:
            assert gantry.hello["server"] == "fixture", gantry.hello
            names = [method["name"] for method in gantry.discover()["methods"]]
            assert "test.echo" in names, names
            assert gantry.call("test.echo", text="grüße")["text"] == "grüße"
            assert gantry.call("test.echo", text="")["namespace"] == "py"
            assert list(gantry.stream("test.count", to=500)) == list(range(500))
            for number in gantry.stream("test.count", to=1000000, size=1000):
                if number["n"] == 100:
                    break
            assert gantry.call("test.pooled") == "pooled"
            verdict = gantry.upload("test.upload", io.BytesIO(b"\\x02" * 3000000))
            assert verdict == {"count": 3000000, "sum": 6000000}, verdict
            got = io.BytesIO()
            assert gantry.download("test.download", got, count=100003)["count"] == 100003
            assert got.getvalue() == b"\\x07" * 100003
            for method, params, code in [
                ("test.echo", {}, "invalid_argument"),
                ("test.fail", {"how": "known"}, "failed_precondition"),
                ("no.such", {}, "unimplemented"),
                ("test.wait", {"deadlineMs": 20}, "deadline_exceeded"),
            ]:
                try:
                    gantry.call(method, **params)
                    raise SystemExit(method + " did not fail")
                except GantryError as error:
                    assert error.code == code, error.code
            try:
                gantry.upload("test.upload", io.BytesIO(b"\\xee" * 50000000))
                raise SystemExit("a bad upload did not fail")
            except GantryError as error:
                assert error.code == "data_loss", error.code
        """

    @Test(.enabled(if: (try? FileStatus.of(interpreter, follow: true)) != nil))
    func speaksTheWholeProtocol() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        var folder = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        folder.removeLast(3)
        let plugin = folder.joined(separator: "/") + "/plugins/python"
        // Standard error is ours: an assertion that fails is read in the test's log.
        let child = try Spawn(
            Self.interpreter, ["python3", "-c", Self.program, plugin, fixture.path], descriptors: [-1, -1, 2]
        ).start()
        #expect(try child.wait().shellCode == 0)
    }
}
