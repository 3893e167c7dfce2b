import GantryCore
import GantryImages
import GantryModel

/// What a pull needs beside what `images.*` has anyway.
struct Pulling: Sendable {
    let puller: ImagePuller
    /// Shared by all pulls: what two of them want comes once.
    let transfers: Transfers
    let leases: PullLeases
    let registries: any RegistryOpener
    /// This machine's.
    let platform: Platform
}
