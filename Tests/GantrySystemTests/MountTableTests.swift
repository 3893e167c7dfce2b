import Testing

@testable import GantrySystem

@Suite struct MountTableTests {
    @Test func pointsBelowADirectory() {
        let table = """
            22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
            45 22 0:40 / /data rw,relatime - tmpfs x rw
            46 45 0:41 / /data/below rw,relatime - tmpfs x rw
            47 46 0:42 / /data/below/a\\040b rw,relatime - tmpfs x rw
            48 22 0:43 / /database rw,relatime - tmpfs x rw
            short line
            """
        let bytes = Array(table.utf8)
        #expect(MountTable.points(of: bytes, below: "/data") == ["/data/below", "/data/below/a b"])
        #expect(MountTable.points(of: bytes, below: "/data/") == ["/data/below", "/data/below/a b"])
        #expect(MountTable.points(of: bytes, below: "/nothing") == [])
        #expect(MountTable.points(of: bytes, below: "/").count == 4)
    }

    @Test func theMachinesOwn() throws { #expect(try MountTable.points(below: "/").contains("/proc")) }
}
