import GantryCore
import GantryModel
import GantryStore
import GantrySystem
import GantryWire
import Testing

@testable import GantryImages

/// What a pull brings, and what it refuses.
@Suite struct PullTests {
    @Test func anImageComesWhole() throws {
        let bench = try PullBench()
        let manifest = try bench.registry.image((0..<5).map { PullBench.layer("file-\($0)", 40_000) })
        let pulled = try bench.pull()
        #expect(pulled.isNew && pulled.target == manifest.digest)
        #expect(pulled.name.description == "docker.io/library/image:latest")
        #expect(try bench.tree(manifest.digest) == (0..<5).map { "file-\($0)" })
        #expect(try bench.ingests().isEmpty)
        // Held by its name, not by the pull's lease.
        for lease in try bench.metadata.leases(namespace: "default") { try bench.metadata.deleteLease(lease.key) }
        let image = try bench.resolver.resolve(manifest)
        for blob in [manifest.digest, image.id] + image.manifest.layers.map(\.digest) {
            #expect(try !bench.metadata.references(to: .blob(blob)).isEmpty)
        }
    }

    @Test func whatIsHereIsNotFetched() throws {
        let bench = try PullBench()
        let (shared, own) = (PullBench.layer("shared"), PullBench.layer("own"))
        try bench.registry.image([shared])
        try bench.pull()
        #expect(try !bench.pull().isNew)
        try bench.registry.image([shared, own], tag: "two")
        let session = try bench.session()
        #expect(try bench.pull("image:two", session: session).isNew)
        #expect(session.progress.map(\.state) == [.exists, .done])
        for layer in [shared, own] {
            #expect(bench.registry.state.with { $0.requests[Digest.of(layer)] } == [0])
        }
        // By digest nothing has to be asked at all.
        let before = bench.registry.state.with { $0.manifestRequests }
        let digest = try bench.metadata.image(namespace: "default", name: "docker.io/library/image:latest").target
            .digest
        #expect(try bench.pull("image@\(digest)").isNew)
        #expect(bench.registry.state.with { $0.manifestRequests } == before)
    }

    @Test func aTagThatMovesLeavesTheOldImageWithoutAName() throws {
        let bench = try PullBench()
        let old = try bench.registry.image([PullBench.layer("old")])
        try bench.pull()
        let new = try bench.registry.image([PullBench.layer("new")])
        #expect(try bench.pull().target == new.digest)
        let names = bench.metadata.images(namespace: "default").map { ($0.name, $0.target.digest) }
        #expect(names.map(\.0) == ["<none>@\(old.digest)", "docker.io/library/image:latest"])
        #expect(names.map(\.1) == [old.digest, new.digest])
    }

    @Test func oneLayerTwiceInAnImageComesOnce() throws {
        let bench = try PullBench()
        let layer = PullBench.layer("same")
        try bench.registry.image([layer, PullBench.layer("other"), layer])
        #expect(try bench.pull().isNew)
        #expect(bench.registry.state.with { $0.requests[Digest.of(layer)] } == [0])
    }

    @Test func downloadsRunSideBySideButNotAllAtOnce() throws {
        let bench = try PullBench(parallel: 2)
        let layers = (0..<6).map { PullBench.layer("file-\($0)", 60_000) }
        try bench.registry.image(layers)
        bench.registry.state.with { state in for layer in layers { state.gates[Digest.of(layer)] = 20_000 } }
        let running = try bench.begin(session: try bench.session())
        #expect(bench.registry.waitUntilServed(Digest.of(layers[0]), 20_000))
        #expect(bench.registry.waitUntilServed(Digest.of(layers[1]), 20_000))
        bench.registry.openGates()
        try running.wait()
        #expect(bench.registry.state.with { $0.mostOpen } == 2)
    }

    @Test func aLayerIsUnpackedWhileItComes() throws {
        let bench = try PullBench()
        let layer = PullBench.layer("large", 3 << 20)
        try bench.registry.image([layer])
        bench.registry.state.with { $0.gates[Digest.of(layer)] = 2 << 20 }
        let session = try bench.session()
        let running = try bench.begin(session: session)
        let digest = Digest.of(layer)
        let isAhead = session.state.wait(milliseconds: 10_000) { ($0.unpacked[digest] ?? 0) >= 1 << 20 ? true : nil }
        // Nobody wakes this test for each piece, so it looks twice.
        let unpacked = session.state.with { $0.unpacked[digest] ?? 0 }
        #expect(isAhead == true || unpacked >= 1 << 20)
        #expect(session.progress.map(\.state) == [.downloading])
        // Its snapshot must wait for the digest.
        #expect(throws: GantryError.self) { _ = try bench.snapshots.stat(digest.description) }
        bench.registry.openGates()
        try running.wait()
        #expect(session.progress.map(\.state) == [.done])
    }

    @Test func anIndexGivesTheImageOfThePlatform() throws {
        let bench = try PullBench()
        let registry = bench.registry
        var entries = [Descriptor]()
        for platform in ["linux/amd64", "linux/arm64"] {
            var entry = try registry.image([PullBench.layer(String(platform.suffix(5)))], tag: "none", for: platform)
            entry.platform = try Platform(platform, host: bench.puller.platform)
            entries.append(entry)
        }
        let index = registry.document(Index(manifests: entries).json, .ociIndex, tags: "latest")
        let native = try bench.pull()
        #expect(native.target == index.digest)
        #expect(try bench.resolver.resolve(index).manifestDigest == entries[0].digest)
        let foreign = try bench.pull(platform: "linux/arm64")
        #expect(foreign.target == index.digest && foreign.id != native.id)
        let arm = try Platform("linux/arm64", host: bench.puller.platform)
        #expect(try bench.resolver.resolve(index, for: arm).manifestDigest == entries[1].digest)
        #expect(try bench.resolver.resolve(index).manifestDigest == entries[0].digest)
        #expect(
            bench.failure(platform: "linux/s390x")
                == "not_found: pull 'image:latest': no image for linux/s390x; there are linux/amd64, linux/arm64")
        // One that is here alone is meant when nobody names a platform.
        let other = try PullBench()
        other.registry.state.with { [state = registry.state.with { $0 }] in $0 = state }
        let only = try other.pull(platform: "linux/arm64")
        #expect(try other.resolver.resolve(index).id == only.id)
    }

    @Test func aSingleImageForAnotherPlatformIsRefusedOnlyWhenOneWasNamed() throws {
        let bench = try PullBench()
        try bench.registry.image([PullBench.layer("a")], for: "linux/arm64")
        #expect(try bench.pull().isNew)
        #expect(
            bench.failure(platform: "linux/amd64")
                == "not_found: pull 'image:latest': the image is for linux/arm64, not for linux/amd64")
    }

    @Test func whatIsNoImageIsRefused() throws {
        let bench = try PullBench()
        let registry = bench.registry
        let layer = registry.add(PullBench.layer("a"), .ociLayer)
        func manifest(_ config: Descriptor, _ layers: [Descriptor], _ tag: String) {
            registry.document(Manifest(config: config, layers: layers).json, .ociManifest, tags: tag)
        }
        manifest(registry.add(Array("no json".utf8), .ociConfig), [layer], "config")
        let chart = MediaType(rawValue: "application/vnd.cncf.helm.config.v1+json")
        manifest(registry.add(Array("{}".utf8), chart), [layer], "chart")
        let config = ImageConfig(platform: bench.puller.platform, diffIDs: [Digest.of([1]), Digest.of([2])])
        let configBlob = registry.add(config.json.encoded(), .ociConfig)
        manifest(configBlob, [layer], "count")
        manifest(configBlob, [registry.add([1, 2, 3], MediaType(rawValue: "text/plain"))], "layer")
        let wrong = ImageConfig(platform: bench.puller.platform, diffIDs: [Digest.of([1])])
        manifest(registry.add(wrong.json.encoded(), .ociConfig), [layer], "diff")
        registry.document(["schemaVersion": 2, "mediaType": "text/html"], .ociManifest, tags: "type")
        var inner = registry.document(Index(manifests: []).json, .ociIndex)
        for depth in 0..<5 {
            inner = registry.document(Index(manifests: [inner]).json, .ociIndex, tags: "deep-\(depth)")
        }
        for (tag, expected) in [
            ("config", "invalid_argument: read image configuration"),
            ("chart", "invalid_argument: pull 'image:chart': it is no image"),
            ("count", "invalid_argument: read image"), ("layer", "invalid_argument: pull 'image:layer'"),
            ("diff", "data_loss: unpack layer"), ("type", "invalid_argument: read manifest"),
            ("deep-4", "invalid_argument: pull 'image:deep-4': indexes are nested"),
            ("deep-0", "not_found: pull 'image:deep-0': no image for linux/amd64; there are none"),
            ("absent", "not_found: fetch manifest 'image:absent'"),
        ] {
            let failure = bench.failure("image:\(tag)")
            #expect(failure.hasPrefix(expected), "\(tag): \(failure)")
        }
        #expect(bench.metadata.images(namespace: "default").isEmpty)
    }
}
