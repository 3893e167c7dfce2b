import GantryModel
import GantryWire
import Testing

@Suite struct DocumentTests {
    static let digest = "sha256:" + String(repeating: "a1", count: 32)

    static func descriptor(_ platform: JSON? = nil, annotations: JSON? = nil) -> JSON {
        var object: JSONObject = [
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": .string(digest), "size": 7,
        ]
        object["platform"] = platform
        object["annotations"] = annotations
        return .object(object)
    }

    @Test func mediaTypes() {
        #expect(MediaType.dockerManifestList.kind == .index && MediaType.ociIndex.kind == .index)
        #expect(MediaType.dockerConfig.kind == .config && MediaType.dockerManifest.kind == .manifest)
        #expect(MediaType.ociLayerZstd.kind == .layer(.zstd, foreign: false))
        #expect(MediaType.dockerLayerGzip.kind == .layer(.gzip, foreign: false))
        let foreign = MediaType(rawValue: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
        #expect(foreign.kind == .layer(.gzip, foreign: true) && foreign.isLayer)
        #expect(MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+lz4").kind == .other)
        #expect(MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json; charset=utf-8").kind == .manifest)
    }

    @Test func manifestGoesRound() throws {
        let config = Descriptor(mediaType: .ociConfig, digest: try Digest(Self.digest), size: 3)
        let layer = Descriptor(
            mediaType: .ociLayerGzip, digest: try Digest(Self.digest), size: .max, urls: ["https://x"],
            annotations: ["a": "b"])
        let manifest = Manifest(config: config, layers: [layer], annotations: ["k": "v"])
        #expect(try Manifest(document: manifest.json.encoded(), of: "manifest") == manifest)
    }

    @Test func complaintsNameTheField() throws {
        let cases: [(JSON, String)] = [
            ("x", "object"), ([:], "schemaVersion"), (["schemaVersion": 1], "version 1"),
            (["schemaVersion": 2], "config"), (["schemaVersion": 2, "config": 3], "config"),
            (["schemaVersion": 2, "config": ["mediaType": "x", "digest": "sha256:zz", "size": 1]], "digest"),
            (
                ["schemaVersion": 2, "config": ["mediaType": "x", "digest": .string(Self.digest), "size": -1]],
                "negative"
            ),
            (["schemaVersion": 2, "config": Self.descriptor(), "layers": [Self.descriptor(), 4]], "layers[1]"),
            (["schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json"], "no manifest"),
        ]
        for (json, part) in cases {
            let error = #expect(throws: GantryError.self) { try Manifest(json: json) }
            #expect(error?.code == .invalidArgument && error?.message.contains(part) == true, "\(error?.message ?? "")")
        }
        let error = #expect(throws: GantryError.self) {
            try Manifest(document: Array("{\"a\":".utf8), of: "manifest 'x'")
        }
        #expect(error?.message.contains("read manifest 'x': not JSON") == true)
    }

    @Test func indexChoosesTheBestPlatform() throws {
        func platform(_ architecture: JSON, _ variant: JSON? = nil) -> JSON {
            var object: JSONObject = ["os": "linux", "architecture": architecture]
            object["variant"] = variant
            return .object(object)
        }
        let index = try Index(
            json: [
                "schemaVersion": 2,
                "manifests": [
                    Self.descriptor(platform("unknown")), Self.descriptor(),
                    Self.descriptor(platform("arm", "v6")), Self.descriptor(platform("arm", "v7")),
                    Self.descriptor(
                        platform("amd64"), annotations: ["vnd.docker.reference.type": "attestation-manifest"]),
                    Self.descriptor(platform("386")),
                ],
            ])
        #expect(index.best(for: .host(machine: "aarch64")) == index.manifests[3])
        #expect(index.best(for: .host(machine: "x86_64")) == index.manifests[5])
        #expect(index.best(for: .host(machine: "riscv64")) == index.manifests[1])
        #expect(try Index(json: index.json) == index)
        #expect(Index(manifests: []).best(for: .host(machine: "x86_64")) == nil)
        #expect(throws: GantryError.self) { try Index(json: ["schemaVersion": 2]) }
    }

    @Test func configurationReadsWhatDockerWrites() throws {
        let text = """
            {"architecture":"arm64","variant":"v8","os":"linux","created":"0001-01-01T00:00:00Z",
            "config":{"User":"app:www","ExposedPorts":{"80/tcp":{},"443/tcp":{}},"Env":["PATH=/bin","A="],"Entrypoint":null,"Cmd":["sh","-c","x"],
            "Volumes":{"/data":{}},"WorkingDir":"/srv","Labels":null,"StopSignal":"SIGQUIT","OnBuild":[]},
            "rootfs":{"type":"layers","diff_ids":["\(Self.digest)"]},
            "history":[{"created":"2024-01-01T00:00:00Z","created_by":"ADD","empty_layer":true},{"comment":"c"}]}
            """
        let image = try ImageConfig(document: Array(text.utf8), of: "configuration")
        #expect(image.platform.description == "linux/arm64" && image.created == nil)
        #expect(image.config.user == "app:www" && image.config.exposedPorts == ["443/tcp", "80/tcp"])
        #expect(image.config.entrypoint == nil && image.config.cmd == ["sh", "-c", "x"])
        #expect(image.config.volumes == ["/data"] && image.config.stopSignal == "SIGQUIT")
        #expect(image.diffIDs.map(\.description) == [Self.digest] && image.history[0].emptyLayer)
        #expect(try ImageConfig(document: image.json.encoded(), of: "configuration") == image)
        let error = #expect(throws: GantryError.self) {
            try ImageConfig(json: ["os": "linux", "architecture": "amd64", "config": ["Env": [1]], "rootfs": [:]])
        }
        #expect(error?.message.contains("'Env[0]': expected a string") == true, "\(error?.message ?? "")")
    }

    @Test func chainIDs() throws {
        let one = try Digest(Self.digest)
        var hashed: [String] = []
        let chain = ChainID.all([one, one]) { bytes in
            hashed.append(String(decoding: bytes, as: UTF8.self))
            return Digest(.sha256, hash: [UInt8](repeating: 1, count: 32))
        }
        #expect(chain.count == 2 && chain[0] == one && hashed == ["\(one) \(one)"])
        #expect(ChainID.all([]) { _ in one }.isEmpty)
    }
}
