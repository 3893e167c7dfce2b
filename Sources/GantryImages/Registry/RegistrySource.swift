package import GantryModel

/// One conversation with one repository of one registry: what a pull reads from.
///
/// ```
/// open ──▶ manifest(tag) ──▶ manifest(digest of one platform) ──▶ blob ∥ blob ∥ blob …
/// ```
///
/// - *Conversation*: the connections, bearer tokens and decisions (TLS or plain HTTP) of one pull. It needs no end; its
///   connections close when the last reference to it goes.
/// - Calls come from any number of threads at once; each has a connection of its own while it lasts, and a later call
///   takes over the connection of one that has ended.
/// - Faults that may pass (a connection that breaks, a stall, 429, a status of 500 or more) are retried here, and a
///   blob goes on where it broke off. What is thrown is final.
/// - Cancellation is the business of the function that `RegistryOpener.open` was given: what it throws ends a transfer
///   within a tenth of a second and is thrown from the call.
///
/// Errors, from every call: `.notFound` (no such manifest, blob or repository), `.permissionDenied` (credentials are
/// wrong or missing), `.resourceExhausted` (too many requests), `.unavailable` (cannot be reached, breaks off, fails),
/// `.failedPrecondition` (its certificate cannot be verified, or it would need plain HTTP), `.dataLoss` (what it sends
/// is not what it should be), `.unimplemented` (an image of docker's first schema).
///
/// Source: OCI distribution-spec v1.1, "Pull"; docker's registry token authentication.
package protocol RegistrySource: Sendable {
    /// The manifest or index that the reference's digest names, or its tag when it has none: what it is, and its bytes.
    ///
    /// The bytes are verified: against the digest that was asked for, else against what the registry says their digest
    /// is. They are a JSON object of at most 4 MiB. The descriptor's digest is always computed from the bytes; for a tag
    /// it is their sha256. Cost: one request, and one or two more for the first of a conversation.
    ///
    /// - Parameter reference: of the repository that this conversation is about.
    func manifest(_ reference: Reference) throws -> (descriptor: Descriptor, bytes: [UInt8])

    /// Streams the bytes `offset ..< descriptor.size` of a blob, in order and each once.
    ///
    /// The length is verified, the digest is not: whoever keeps the bytes hashes them. Returns at once when nothing is
    /// missing. A registry that ignores the range sends everything again; what comes before `offset` is dropped here.
    /// Cost: one request and one redirect, as a rule; no copy.
    ///
    /// - Parameter sink: takes the next bytes, on the caller's thread; the buffer (16 KiB as a rule) is valid only during
    ///   the call. While it blocks, the transfer waits. What it throws ends the transfer, and is thrown.
    func blob(_ descriptor: Descriptor, from offset: Int64, into sink: (UnsafeRawBufferPointer) throws -> Void) throws
}

/// Where conversations begin: the registries of the world, or of a test.
package protocol RegistryOpener: Sendable {
    /// Begins a conversation about the reference's repository. Sends nothing yet.
    ///
    /// - Parameters:
    ///   - credentials: what to answer when the registry asks; nil for nobody's.
    ///   - checkCancelled: throws when the result is no longer wanted. Called ten times a second or oftener, on the
    ///     threads that call the conversation.
    /// - Throws: `.invalidArgument` when the configuration of the registry's host is wrong.
    func open(
        _ reference: Reference, credentials: RegistryCredentials?, checkCancelled: @escaping @Sendable () throws -> Void
    ) throws -> any RegistrySource
}
