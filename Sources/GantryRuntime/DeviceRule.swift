import GantryModel
import GantryWire

/// An entry of the device cgroup: which devices may be read, written and made.
///
/// Source: OCI runtime-spec v1.0.2, config-linux.md, "Allowed Device list"; the kernel's device controller.
struct DeviceRule: Sendable, Equatable {
    /// `c`, `b` or `a` for both.
    var type: String
    /// nil stands for all.
    var major: Int64?
    var minor: Int64?
    /// Of `r`, `w` and `m`.
    var access: String

    init(_ type: String, _ major: Int64?, _ minor: Int64?, _ access: String) {
        self.type = type
        self.major = major
        self.minor = minor
        self.access = access
    }

    /// Reads `c 42:* rwm`, as `--device-cgroup-rule` has it.
    init(_ text: String) throws(GantryError) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        let numbers = words.count == 3 ? words[1].split(separator: ":", omittingEmptySubsequences: false) : []
        guard words.count == 3, ["a", "b", "c"].contains(words[0]), numbers.count == 2,
            let major = Self.number(numbers[0]), let minor = Self.number(numbers[1]),
            ContainerSettings.Device.isAccess(String(words[2]))
        else {
            throw GantryError(
                .invalidArgument,
                "create container: invalid device cgroup rule '\(text)': it is not 'TYPE MAJOR:MINOR ACCESS', as 'c 42:* rwm'"
            )
        }
        self.init(String(words[0]), major, minor, String(words[2]))
    }

    /// `*` is nil in the inner optional, what is neither is nil in the outer one.
    private static func number(_ text: Substring) -> Int64?? {
        if text == "*" { return .some(nil) }
        guard let number = UInt32(text), text.allSatisfy(\.isNumber) else { return nil }
        return .some(Int64(number))
    }

    var json: JSON {
        var object: JSONObject = ["allow": true, "type": .string(type), "access": .string(access)]
        object.put("major", major.map { JSON.int($0) })
        object.put("minor", minor.map { JSON.int($0) })
        return .object(object)
    }
}
