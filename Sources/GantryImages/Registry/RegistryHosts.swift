import GantryCore
package import GantryModel
import GantrySystem
import GantryWire

/// How single hosts are reached, as the operator has put it into files; docker's `certs.d` layout and one file more.
///
/// ```
/// <hosts_dir>/registry.example.org:5000/    the host as references name it; with the port where they do
///     ca.crt                                authorities to trust beside the system's; every *.crt counts
///     client.cert  client.key               what to show to a server that asks; one pair
///     host.toml                             plain_http = true   or   skip_verify = true
/// ```
///
/// Read anew by every conversation, so that a change needs no restart. Cost: two to six small reads.
package struct RegistryHosts: Sendable {
    private let directory: String

    /// - Parameter directory: need not exist; then no host is configured.
    package init(directory: String) { self.directory = directory }

    /// What is configured for one host.
    package struct Settings: Sendable, Equatable {
        /// Speak HTTP without TLS.
        package var plainHTTP = false
        /// Take any certificate.
        package var skipVerify = false
        /// Authorities to trust beside the system's, in PEM.
        package var authorities: [UInt8] = []
        /// Paths of the certificate and its key, in PEM.
        package var client: Client?

        package struct Client: Sendable, Equatable {
            package var certificate: String
            package var key: String
        }
    }

    /// A certificate file of more bytes is none.
    private static let fileLimit = 1 << 20

    /// The settings of a host; the defaults when it has no directory.
    ///
    /// - Parameter authority: `host` or `host:port`, free of slashes.
    /// - Throws: `.invalidArgument` for files that contradict one another or that nobody understands;
    ///   `.permissionDenied` and others for files that cannot be read.
    package func settings(_ authority: String) throws(GantryError) -> Settings {
        var settings = Settings()
        let place = directory + "/" + authority
        let entries: [Directory.Entry]
        do throws(Errno) {
            entries = try Directory.list(place)
        } catch {
            if error == .noEntry || error == .notDirectory { return settings }
            throw GantryError("read '\(place)'", error)
        }
        let names = entries.map(\.name).sorted()
        for name in names where name.hasSuffix(".crt") {
            settings.authorities += try Self.read("\(place)/\(name)") + [UInt8(ascii: "\n")]
        }
        settings.client = try Self.client(names, in: place)
        if names.contains("host.toml") { try Self.apply("\(place)/host.toml", to: &settings) }
        if settings.plainHTTP, settings.skipVerify || settings.client != nil || !settings.authorities.isEmpty {
            throw GantryError(
                .invalidArgument, "read '\(place)': plain_http leaves no use for certificates and skip_verify")
        }
        return settings
    }

    private static func read(_ path: String) throws(GantryError) -> [UInt8] {
        try describing("read '\(path)'") { () throws(Errno) in try File.contents(path, limit: fileLimit) }
    }

    private static func client(_ names: [String], in place: String) throws(GantryError) -> Settings.Client? {
        let certificates = names.filter { $0.hasSuffix(".cert") }
        let keys = names.filter { $0.hasSuffix(".key") }
        guard certificates.count <= 1, keys.count <= 1 else {
            throw GantryError(.invalidArgument, "read '\(place)': more than one client certificate or key")
        }
        guard let certificate = certificates.first else {
            if let key = keys.first {
                throw GantryError(
                    .invalidArgument, "read '\(place)': '\(key)' lacks its certificate '\(key.dropLast(4)).cert'")
            }
            return nil
        }
        let key = String(certificate.dropLast(5)) + ".key"
        guard keys.first == key else {
            throw GantryError(.invalidArgument, "read '\(place)': '\(certificate)' lacks its key '\(key)'")
        }
        return Settings.Client(certificate: "\(place)/\(certificate)", key: "\(place)/\(key)")
    }

    /// Two keys do not need a TOML library; what is none of them is refused, so that a misspelt one does not pass.
    private static func apply(_ path: String, to settings: inout Settings) throws(GantryError) {
        let text = String(decoding: try read(path), as: UTF8.self)
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = raw.prefix { $0 != "#" }.filter { $0 != " " && $0 != "\t" }
            switch line {
            case "": continue
            case "plain_http=true": settings.plainHTTP = true
            case "plain_http=false": settings.plainHTTP = false
            case "skip_verify=true": settings.skipVerify = true
            case "skip_verify=false": settings.skipVerify = false
            default:
                throw GantryError(
                    .invalidArgument,
                    "read '\(path):\(index + 1)': expected 'plain_http' or 'skip_verify' with '= true' or '= false'")
            }
        }
    }
}
