import GantryWire

/// What an image was built to run on.
///
/// Source: OCI image-spec v1.1, image-index.md, "platform". Values are kept in Go's vocabulary, normalised:
/// `x86_64` is `amd64`, `aarch64` is `arm64` (whose `v8` is left out), `armhf` is `arm/v7`.
public struct Platform: Sendable, Hashable {
    /// `linux`.
    public var os: String
    /// `amd64`, `arm64`, …
    public var architecture: String
    /// `v7` of an arm; nil where the architecture has but one.
    public var variant: String?
    /// Version of the operating system; only Windows images carry one.
    public var osVersion: String?

    /// Makes a normalised platform.
    public init(os: String, architecture: String, variant: String? = nil, osVersion: String? = nil) {
        self.os = os.lowercased()
        (self.architecture, self.variant) = Self.normalise(architecture.lowercased(), variant?.lowercased())
        self.osVersion = osVersion
    }

    /// The platform of a host, from `uname`'s machine: `x86_64`, `aarch64`, `armv7l`.
    public static func host(machine: String) -> Platform {
        switch machine {
        case "armv5tel", "armv5tejl": Platform(os: "linux", architecture: "arm", variant: "v5")
        case "armv6l": Platform(os: "linux", architecture: "arm", variant: "v6")
        case "armv7l", "armv8l": Platform(os: "linux", architecture: "arm", variant: "v7")
        case "ppc64": Platform(os: "linux", architecture: "ppc64")
        case "loongarch64": Platform(os: "linux", architecture: "loong64")
        default: Platform(os: "linux", architecture: machine)
        }
    }

    /// Parses `os/architecture[/variant]`, or an architecture or `linux` alone, completed by `host`.
    /// - Throws: `.invalidArgument`.
    public init(_ text: String, host: Platform) throws(GantryError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let allowed = parts.allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                        true
                    default: false
                    }
                }
        }
        guard allowed, parts.count <= 3 else {
            throw GantryError(
                .invalidArgument, "parse platform '\(text)': not os/architecture or os/architecture/variant")
        }
        switch parts.count {
        case 1 where Self.systems.contains(parts[0].lowercased()):
            self.init(os: parts[0], architecture: host.architecture, variant: host.variant)
        case 1: self.init(os: host.os, architecture: parts[0])
        case 2: self.init(os: parts[0], architecture: parts[1])
        default: self.init(os: parts[0], architecture: parts[1], variant: parts[2])
        }
    }

    private static let systems: Set<String> = [
        "linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "solaris", "illumos", "aix", "android", "wasip1",
    ]

    private static func normalise(_ architecture: String, _ variant: String?) -> (String, String?) {
        let variant = variant == "" ? nil : variant
        switch architecture {
        case "i386", "i486", "i586", "i686", "386": return ("386", nil)
        case "x86_64", "x86-64", "amd64": return ("amd64", variant == "v1" ? nil : variant)
        case "aarch64", "arm64": return ("arm64", variant == "8" || variant == "v8" ? nil : variant)
        case "armhf": return ("arm", "v7")
        case "armel": return ("arm", "v6")
        case "arm":
            guard let variant else { return ("arm", "v7") }
            return ("arm", variant.hasPrefix("v") ? variant : "v\(variant)")
        default: return (architecture, variant)
        }
    }
}

extension Platform: CustomStringConvertible {
    /// `linux/arm/v7`.
    public var description: String {
        guard let variant else { return "\(os)/\(architecture)" }
        return "\(os)/\(architecture)/\(variant)"
    }
}
