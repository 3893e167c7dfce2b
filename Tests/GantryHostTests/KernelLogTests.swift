import Testing

@testable import GantryHost

@Suite struct KernelLogTests {
    private static let line = """
        5,422,2530212103,-;audit: type=1326 audit(1795648658.861:2): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=8591 \
        comm="chmod" exe="/bin/busybox" sig=31 arch=c000003e syscall=90 compat=0 ip=0x47b507 code=0x80000000

        """

    @Test func aKillIsRead() {
        #expect(
            KernelLog.parse(Self.line)
                == KernelLog.FilterKill(
                    pid: 8591, command: "chmod", number: 90, architecture: 0xc000_003e, time: 1_795_648_658_861_000_000)
        )
    }

    @Test func namesWithBlanksAreInDigits() {
        let text = Self.line.replacing("\"chmod\"", with: "6120622263")
        #expect(KernelLog.parse(text)?.command == "a b\"c")
    }

    @Test(arguments: [
        "", "6,1,2,-;eth0: up\n", "audit: type=1326 audit(x): sig=31", "type=1326 audit(1.2:3): sig=9 pid=1",
    ])
    func othersAreNot(_ text: String) { #expect(KernelLog.parse(text) == nil) }

    @Test func fieldsThatAreMissingMakeNone() {
        for field in ["pid=8591 ", "syscall=90 ", "arch=c000003e ", "sig=31 "] {
            #expect(KernelLog.parse(Self.line.replacing(field, with: "")) == nil, "\(field)")
        }
    }
}
