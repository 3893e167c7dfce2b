/// What `gantry version` says about this program.
enum Version {
    static let number = "0.1.0"

    static var architecture: String {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }
}
