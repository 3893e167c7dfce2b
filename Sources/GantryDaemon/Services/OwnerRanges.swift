import GantryCore
import GantryModel
import GantryRuntime
import GantrySystem
import GantryWire

/// Hands out the ranges of ids of user namespaces: one that no container of any namespace has.
///
/// Nothing is kept: whose range is taken stands in the containers' records, so that one is given back by removing its
/// container, whatever happens. Ranges that were drawn for containers that are still being made are held beside.
final class OwnerRanges: Sendable {
    /// Ids of one container: what an image made by others may use, nobody (65534) included.
    static let size: UInt32 = 65_536

    private let first: UInt32
    private let count: UInt32
    private let containers: any ContainerStore
    /// Drawn, and not in a record yet.
    private let drawn = Monitor(Set<UInt32>())

    init(_ configuration: Configuration, containers: any ContainerStore) {
        first = UInt32(clamping: configuration.userIDs)
        let ids = min(configuration.userIDCount, Int64(UInt32.max) - configuration.userIDs)
        count = UInt32(clamping: ids) / Self.size
        self.containers = containers
    }

    /// Gives `body` a range that is nobody's, and holds it until `body` has recorded it or has failed.
    ///
    /// Cost: a look at every container in memory.
    /// - Throws: `.resourceExhausted` when there is none left; what `body` throws.
    func withRange<Result>(_ body: (OwnerRange) throws -> Result) throws -> Result {
        let start = try drawn.with { drawn throws(GantryError) -> UInt32 in
            let taken = Set(containers.allContainers().compactMap { Self.range(of: $0)?.first }).union(drawn)
            let free = (0..<count).lazy.map { self.first + $0 * Self.size }.first { !taken.contains($0) }
            guard let free else {
                throw GantryError(
                    .resourceExhausted,
                    "create container: all \(count) ranges of user ids are in use; containers.userns_count in gantry.toml says how many there are"
                )
            }
            drawn.insert(free)
            return free
        }
        defer { drawn.with { _ = $0.remove(start) } }
        return try body(OwnerRange(first: start, count: Self.size))
    }

    /// What a record says of its container's range.
    static func range(of record: ContainerRecord) -> OwnerRange? {
        record.details["usernsFirst"]?.uint.map { OwnerRange(first: UInt32(clamping: $0), count: size) }
    }
}
