import GantryCore
package import GantryModel
import GantryWire

/// All registries, as this process talks to them. Costs nothing until it is used: libcurl is loaded by the first call.
package final class Registries: RegistryOpener {
    private let options: RegistryOptions
    private let schemes = LoopbackSchemes()

    /// - Parameter options: hold for all registries; what differs between them is in their directories.
    package init(_ options: RegistryOptions) { self.options = options }

    package func open(
        _ reference: Reference, credentials: RegistryCredentials?, checkCancelled: @escaping @Sendable () throws -> Void
    ) throws -> any RegistrySource {
        let operation = operation("pull '\(reference.familiar)'", reference.domain, credentials != nil)
        do {
            return RegistryConversation(
                reference, credentials, try Transport(options, check: checkCancelled), schemes)
        } catch { throw operation.error(error) }
    }

    /// Finds out whether a registry lets somebody in.
    ///
    /// - Parameter registry: `docker.io`, `localhost:5000`.
    /// - Returns: an identity token to keep in place of the password, if the registry's token service gives any.
    /// - Throws: as `RegistrySource` does; `.permissionDenied` when user name or password is wrong.
    package func login(
        _ registry: String, _ credentials: RegistryCredentials, checkCancelled: @escaping @Sendable () throws -> Void
    ) throws -> String? {
        let operation = operation("log in to '\(registry)'", registry, true)
        do {
            let transport = try Transport(options, check: checkCancelled)
            return try RegistryLogin(registry: registry, credentials: credentials, transport, schemes).run()
        } catch { throw operation.error(error) }
    }

    private func operation(_ text: String, _ registry: String, _ hasCredentials: Bool) -> RegistryOperation {
        RegistryOperation(
            text: text, registry: registry, hasCredentials: hasCredentials, hostsDirectory: options.hostsDirectory)
    }
}
