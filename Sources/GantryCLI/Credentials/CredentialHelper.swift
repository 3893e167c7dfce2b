import GantrySystem
import GantryWire

/// A program that keeps logins for docker, such as `docker-credential-pass`: a verb as its argument, one value on its
/// standard input, the answer on its standard output.
///
/// Source: the README of github.com/docker/docker-credential-helpers.
struct CredentialHelper: Equatable {
    /// Behind `docker-credential-`.
    let name: String

    private var program: String { "docker-credential-" + name }

    /// The words of a helper that has no such login; no other answer tells that.
    private static let unknown = "credentials not found in native keychain"

    /// The login for a registry's key; nil when it has none.
    func get(_ key: String) throws(Failure) -> StoredLogin? {
        let (status, output) = try run("get", input: key)
        let text = String(decoding: output, as: UTF8.self)
        if status != 0 {
            if text.hasPrefix(Self.unknown) { return nil }
            throw failure("get", text)
        }
        guard let answer = try? JSON.parse(output), let user = answer["Username"]?.string,
            let secret = answer["Secret"]?.string
        else { throw failure("get", "its answer is no login") }
        if user == StoredLogin.tokenUser { return StoredLogin(username: user, password: "", identityToken: secret) }
        return StoredLogin(username: user, password: secret)
    }

    /// Keeps a login.
    func store(_ login: StoredLogin, _ key: String) throws(Failure) {
        let isToken = login.identityToken != nil
        let value: JSON = [
            "ServerURL": .string(key), "Username": .string(isToken ? StoredLogin.tokenUser : login.username),
            "Secret": .string(login.identityToken ?? login.password),
        ]
        let (status, output) = try run("store", input: value.text)
        if status != 0 { throw failure("store", String(decoding: output, as: UTF8.self)) }
    }

    /// Forgets a login; one that is not there is fine.
    func erase(_ key: String) throws(Failure) {
        let (status, output) = try run("erase", input: key)
        let text = String(decoding: output, as: UTF8.self)
        if status != 0, !text.hasPrefix(Self.unknown) { throw failure("erase", text) }
    }

    private func failure(_ verb: String, _ reason: String) -> Failure {
        let line = reason.split(whereSeparator: \.isNewline).first.map(String.init) ?? "no reason given"
        return Failure("\(program) \(verb): \(line)")
    }

    private func run(_ verb: String, input: String) throws(Failure) -> (status: Int32, output: [UInt8]) {
        guard !name.contains("/"), let path = Self.find(program) else {
            throw Failure("\(program) \(verb): there is no such program in PATH")
        }
        // One that does not read its input is its own affair.
        Signals.ignore(Signals.pipe)
        do throws(Errno) {
            return try Self.run(path, [program, verb], input)
        } catch {
            throw Failure("\(program) \(verb): \(error)")
        }
    }

    private static func run(
        _ path: String, _ arguments: [String], _ input: String
    ) throws(Errno) -> (status: Int32, output: [UInt8]) {
        let (inRead, inWrite) = try File.pipe().split()
        let (outRead, outWrite) = try File.pipe().split()
        let output = OwnedDescriptor(outRead)
        let child = try start(
            Spawn(path, arguments, environment: Host.environment, descriptors: [inRead, outWrite, 2]),
            closing: OwnedDescriptor(inRead), OwnedDescriptor(outWrite))
        try say(input, to: OwnedDescriptor(inWrite))
        let answer = try File.readAll(output.raw, limit: 1 << 20)
        return (try child.wait().shellCode, answer)
    }

    /// Starts it; its ends of the pipes are closed here, so that their ends are seen.
    private static func start(
        _ spawn: Spawn, closing input: consuming OwnedDescriptor, _ output: consuming OwnedDescriptor
    ) throws(Errno) -> Child { try spawn.start() }

    private static func say(_ text: String, to keyboard: consuming OwnedDescriptor) throws(Errno) {
        do throws(Errno) { try File.write(keyboard.raw, text) } catch { if error != .brokenPipe { throw error } }
    }

    private static func find(_ program: String) -> String? {
        (Host.variable("PATH") ?? "").split(separator: ":").map { "\($0)/\(program)" }.first {
            $0.hasPrefix("/") && Path.isExecutable($0)
        }
    }
}
