import GantryCore
import GantryModel
import GantryWire

extension RegistryConversation {
    /// A manifest has at most this many bytes. Source: OCI distribution-spec v1.1, "Pushing Manifests".
    static let manifestLimit = 4 << 20

    private static let accepted: [MediaType] = [.ociIndex, .ociManifest, .dockerManifestList, .dockerManifest]

    func manifest(_ reference: Reference) throws -> (descriptor: Descriptor, bytes: [UInt8]) {
        let operation = operation("pull '\(reference.familiar)'")
        var retry = Retry(transport)
        while true {
            do {
                let (head, bytes) = try fetch(reference)
                return try ManifestDocument(head, bytes, reference, operation).verified()
            } catch let failure where failure is TransferFault || failure is RegistryRefusal {
                do { try retry.wait(after: failure) } catch { throw operation.error(error) }
            }
        }
    }

    private func fetch(_ reference: Reference) throws -> (HTTPHead, [UInt8]) {
        var bytes = [UInt8]()
        let version = reference.digest?.description ?? reference.tag ?? "latest"
        let head = try send(
            "manifests/\(version)", headers: Self.accepted.map { ("Accept", $0.rawValue) }, isDocument: true
        ) { head in
            bytes = []
        } body: { piece in
            guard bytes.count + piece.count <= Self.manifestLimit else {
                throw TransferFault(
                    kind: .refused(.dataLoss), host: "",
                    detail: "it sends a manifest of more than \(Self.manifestLimit) bytes, which none may have")
            }
            bytes.append(contentsOf: piece)
        }
        guard head.isSuccess else { throw RegistryRefusal(.manifest(reference), head) }
        return (head, bytes)
    }
}

/// A manifest as it came, before anybody has looked into it.
private struct ManifestDocument {
    let head: HTTPHead
    let bytes: [UInt8]
    let reference: Reference
    let operation: RegistryOperation

    init(_ head: HTTPHead, _ bytes: [UInt8], _ reference: Reference, _ operation: RegistryOperation) {
        self.head = head
        self.bytes = bytes
        self.reference = reference
        self.operation = operation
    }

    private func failure(_ code: ErrorCode, _ reason: String) -> GantryError {
        GantryError(code, "\(operation.text): \(reason)")
    }

    /// The descriptor, once the bytes are what they were said to be and are something that can be pulled.
    func verified() throws(GantryError) -> (descriptor: Descriptor, bytes: [UInt8]) {
        let digest = try verifiedDigest()
        let json: JSON
        do throws(JSONError) { json = try JSON.parse(bytes) } catch {
            throw failure(.dataLoss, "the registry's manifest is not JSON: \(error)")
        }
        guard json.object != nil else { throw failure(.dataLoss, "the registry's manifest is no JSON object") }
        if json["schemaVersion"]?.int == 1 {
            throw failure(
                .unimplemented, "the image is in docker's manifest version 2, schema 1, which is no longer supported")
        }
        return (Descriptor(mediaType: try mediaType(json), digest: digest, size: Int64(bytes.count)), bytes)
    }

    private func verifiedDigest() throws(GantryError) -> Digest {
        if let wanted = reference.digest {
            let found = Digest.of(bytes, wanted.algorithm)
            guard found == wanted else {
                throw failure(.dataLoss, "the registry sent a manifest with another digest, \(found)")
            }
            return wanted
        }
        // Not needed to know what came; that it differs shows that something on the way has changed it.
        if let text = head["docker-content-digest"], let said = try? Digest(text) {
            let found = Digest.of(bytes, said.algorithm)
            guard found == said else {
                throw failure(.dataLoss, "the registry sent a manifest with digest \(found) and called it \(said)")
            }
        }
        return Digest.of(bytes)
    }

    /// What the document calls itself, else what the registry calls it, else what it looks like.
    private func mediaType(_ json: JSON) throws(GantryError) -> MediaType {
        let header = head["content-type"].map { $0.prefix { $0 != ";" }.filter { $0 != " " } }
        let candidates = [json["mediaType"]?.string, header].compactMap { $0 }.map { MediaType(rawValue: $0) }
        let isIndex = json["manifests"]?.array != nil
        let isManifest = json["layers"]?.array != nil && json["config"]?.object != nil
        guard isIndex != isManifest else {
            throw failure(.dataLoss, "the registry's document is neither an image manifest nor an index")
        }
        let kind: MediaType.Kind = isIndex ? .index : .manifest
        return candidates.first { $0.kind == kind } ?? (isIndex ? .ociIndex : .ociManifest)
    }
}
