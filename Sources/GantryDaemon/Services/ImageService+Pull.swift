import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire

/// `images.pull`: two threads a call. One pulls; the call's own tells the client, which may be slow to listen.
extension ImageService {
    var pull: Method {
        Method(
            "images.pull",
            "Pulls an image from a registry. A client that leaves ends it; what came stays for the next pull.",
            params: [
                Field("image", .string, required: true, "A name, with a tag (latest when absent) or a digest."),
                CommonField.platform, CommonField.driver,
                Field("auth", .object, "{username, password, identityToken, registryToken}; nobody's when absent."),
                Field(
                    "policy", .oneOf(["always", "missing", "never"]),
                    "Whether to ask the registry when the image is here; always when absent."),
            ],
            result: "{name, id, digest, status: downloaded, up_to_date or present}",
            item:
                "{layer, state: waiting, downloading, verifying, unpacking, done, exists or retrying, current, total, "
                + "message?}: ten a second for each layer at most",
            errors: [
                .notFound, .permissionDenied, .unavailable, .failedPrecondition, .dataLoss, .resourceExhausted,
                .invalidArgument,
            ],
            mode: .stream
        ) { call in
            let policy = call.text("policy") ?? "always"
            let request = ImagePuller.Request(
                reference: try Reference(try call.string("image")),
                platform: try call.platform(host: pulling.platform), namespace: call.namespace,
                driver: try drivers.driver(call.text("driver")))
            if policy != "always", let present = present(request) { return present }
            guard policy != "never" else { throw ImageNames.missing(request.reference.familiar) }
            let credentials = try call["auth"].map { (auth) throws in try RegistryCredentials(json: auth) }
            return try pull(request, credentials, call)
        }
    }

    /// The answer about an image that is here already.
    private func present(_ request: ImagePuller.Request) -> JSON? {
        guard
            let record = try? images.image(namespace: request.namespace, name: request.reference.description),
            let image = try? resolver.resolve(record.target, for: request.platform)
        else { return nil }
        return answer(request.reference, image.id, image.target, "present")
    }

    private func answer(_ name: Reference, _ id: Digest, _ target: Digest, _ status: String) -> JSON {
        [
            "name": .string(name.familiar), "id": .string(id.description), "digest": .string(target.description),
            "status": .string(status),
        ]
    }

    private func pull(
        _ request: ImagePuller.Request, _ credentials: RegistryCredentials?, _ call: Call
    ) throws -> JSON {
        let given = call.lease.map { LeaseKey(namespace: call.namespace, id: $0) }
        let lease = try given ?? pulling.leases.begin(namespace: call.namespace, request.reference)
        let session = PullSession(
            content: content, references: leases, transfers: pulling.transfers, lease: lease)
        call.onCancel { session.cancel() }
        let done = Monitor<Result<ImagePuller.Pulled, any Error>?>(nil)
        let work: @Sendable () -> Void = {
            let result = Result {
                let source = try pulling.registries.open(request.reference, credentials: credentials) {
                    try session.checkTalk()
                }
                return try pulling.puller.pull(request, from: source, session: session)
            }
            if given == nil {
                if (try? result.get()) != nil {
                    pulling.leases.succeeded(lease, request.reference)
                } else {
                    pulling.leases.failed(lease, keeps: session.hasFetched)
                }
            }
            trim()
            done.with { $0 = result }
            done.wakeAll()
        }
        do throws(Errno) {
            try Threads.start("gantry-pull", stack: 1 << 20, work)
        } catch {
            if given == nil { pulling.leases.failed(lease, keeps: false) }
            throw GantryError(.resourceExhausted, "images.pull: no thread: \(error.reason)")
        }
        do {
            try tell(call, session) { done.wait(milliseconds: 100) { $0 == nil ? nil : true } ?? false }
        } catch {
            session.cancel()
            _ = done.wait { $0 == nil ? nil : true }
            throw error
        }
        let result = done.with { $0 }
        try call.checkCancelled()
        guard let pulled = try result?.get() else { throw GantryError(.internal, "images.pull: it has no result") }
        collect()
        return answer(pulled.name, pulled.id, pulled.target, pulled.isNew ? "downloaded" : "up_to_date")
    }

    /// Sends what has changed until `isOver` says that nothing will any more.
    private func tell(_ call: Call, _ session: PullSession, until isOver: () -> Bool) throws {
        var told = [Digest: LayerProgress]()
        while true {
            let ends = isOver()
            for layer in session.progress where told[layer.digest] != layer {
                told[layer.digest] = layer
                try call.send(item: item(layer))
            }
            if ends { return }
        }
    }

    private func item(_ layer: LayerProgress) -> JSON {
        var object: JSONObject = [
            "layer": .string(layer.digest.short), "state": .string(layer.state.rawValue),
            "current": .int(layer.current), "total": .int(layer.total),
        ]
        object.put("message", layer.message)
        return .object(object)
    }
}
