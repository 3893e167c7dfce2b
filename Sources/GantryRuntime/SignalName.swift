package import GantryModel
import GantryWire

/// Signals as users write them: `SIGTERM`, `term`, `15`, `SIGRTMIN+3`.
///
/// Numbers are those of x86 and ARM Linux, signal(7).
package enum SignalName {
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]

    /// "SIGTERM" of 15, "SIGRTMIN+3" of 37.
    package static func text(_ number: Int32) -> String {
        if (1...Int32(names.count)).contains(number) { return "SIG" + names[Int(number) - 1] }
        return (34...64).contains(number) ? "SIGRTMIN+\(number - 34)" : "signal \(number)"
    }

    /// - Throws: `.invalidArgument` for what is no signal.
    package static func number(_ text: String) throws(GantryError) -> Int32 {
        if let number = Int32(text), (1...64).contains(number) { return number }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let index = names.firstIndex(of: name) { return Int32(index + 1) }
        if name == "IOT" { return 6 }
        if name == "POLL" { return 29 }
        if name.hasPrefix("RTMIN"), let offset = Int32(name.dropFirst(5).isEmpty ? "0" : name.dropFirst(5)),
            (0...30).contains(offset)
        {
            return 34 + offset
        }
        if name.hasPrefix("RTMAX"), let offset = Int32(name.dropFirst(5).isEmpty ? "0" : name.dropFirst(5)),
            (-30...0).contains(offset)
        {
            return 64 + offset
        }
        throw GantryError(.invalidArgument, "send signal '\(text)': no such signal (for example SIGTERM, TERM or 15)")
    }
}
