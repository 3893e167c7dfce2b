import GantrySystem

/// Asks the person at the terminal.
enum Prompt {
    /// More than this nobody types.
    private static let limit = 4096

    /// A line as it is typed. Empty at the end of input.
    static func line(_ question: String) throws(Failure) -> String {
        try Console.out(question)
        var bytes = [UInt8]()
        while let byte = try key(), byte != UInt8(ascii: "\n"), bytes.count < limit { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A line that is not shown. The terminal is raw meanwhile, so that ctrl-C does not leave it without echo.
    static func secret(_ question: String) throws(Failure) -> String {
        guard let terminal = UserTerminal(0) else { throw Failure("cannot ask for a password without a terminal") }
        // Before the question: who answers it at once must not see the answer either.
        do throws(Errno) { try terminal.takeOver() } catch { throw Failure("hide what is typed: \(error)") }
        defer {
            terminal.giveBack()
            try? Console.line("")
        }
        try Console.out(question)
        var typed = SecretLine()
        while let byte = try key(), !typed.isComplete { if try typed.take(byte) { break } }
        return typed.text
    }

    private static func key() throws(Failure) -> UInt8? {
        var byte: UInt8 = 0
        do throws(Errno) {
            let count = try withUnsafeMutableBytes(of: &byte) { (buffer) throws(Errno) in try File.read(0, into: buffer)
            }
            return count == 1 ? byte : nil
        } catch {
            throw Failure("read standard input: \(error)")
        }
    }
}

/// A line that is typed on a raw terminal: what the kernel does for others is done here.
struct SecretLine {
    private var bytes: [UInt8] = []
    private(set) var isComplete = false

    /// What has been typed.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Takes a key; true when the line ends with it.
    /// - Throws: a silent `Failure` at ctrl-C.
    mutating func take(_ key: UInt8) throws(Failure) -> Bool {
        switch key {
        case 0x0A, 0x0D, 0x04: isComplete = true
        case 0x03: throw .silent(130)
        case 0x7F, 0x08:
            // A character of several bytes goes as a whole.
            while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
        case 0x15: bytes = []
        default: if bytes.count < 4096 { bytes.append(key) }
        }
        return isComplete
    }
}
