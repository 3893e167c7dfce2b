import CCurl
import GantrySystem

/// The certificates that are trusted when a host has some of its own: those and the system's.
struct Authorities {
    /// Authorities in memory, in PEM.
    let pem: [UInt8]
    /// The system's directory of authorities by hash; nil when it has none, and `pem` has all.
    let directory: String?

    /// - Parameter own: the host's, in PEM.
    init(beside own: [UInt8]) {
        // Looking one up in the directory costs nothing; reading the whole bundle costs 15 ms a connection.
        if let directory = cc_default_ca_directory().map({ String(cString: $0) }), Path.exists(directory) {
            self.directory = directory
            pem = own
        } else {
            directory = nil
            let bundle = cc_default_ca_file().flatMap { try? File.contents(String(cString: $0), limit: 16 << 20) }
            pem = own + (bundle ?? [])
        }
    }
}
