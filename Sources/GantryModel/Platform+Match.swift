extension Platform {
    /// How well something built for `candidate` runs on this platform: 0 is exact, more is worse, nil is not at all.
    ///
    /// An arm runs what older arms run, best the nearest; arm64 runs 32-bit arm; amd64 runs 386. Micro-architecture
    /// levels of amd64 (`v2`, …) match only when they were asked for, since nobody said that this processor has them.
    public func rank(of candidate: Platform) -> Int? {
        guard candidate.os == os else { return nil }
        if candidate.architecture == architecture, candidate.variant == variant { return 0 }
        return fallbacks.firstIndex { $0.0 == candidate.architecture && $0.1 == candidate.variant }.map { $0 + 1 }
    }

    /// What also runs here, best first.
    private var fallbacks: [(String, String?)] {
        switch architecture {
        case "amd64": levels(of: "amd64", down: 1) + [("amd64", nil), ("386", nil)]
        case "arm64": levels(of: "arm64", down: 8) + [("arm64", nil)] + ["v8", "v7", "v6", "v5"].map { ("arm", $0) }
        case "arm": levels(of: "arm", down: 5)
        default: [(architecture, nil)]
        }
    }

    /// The variants below this one's, nearest first: v7 → v6, v5.
    private func levels(of architecture: String, down lowest: Int) -> [(String, String?)] {
        guard let variant, variant.hasPrefix("v"), let own = Int(variant.dropFirst()), own > lowest, own < 32 else {
            return []
        }
        return (lowest..<own).reversed().map { (architecture, "v\($0)") }
    }
}

extension Index {
    /// The manifest that runs best on `platform`; of two that run equally well, the first, as the spec says.
    ///
    /// Entries that are no images (attestations, marked `unknown/unknown` or by annotation) are passed over; entries
    /// without a platform count as matching, after all others: archives of one image often leave it out.
    public func best(for platform: Platform) -> Descriptor? {
        var best: (rank: Int, descriptor: Descriptor)?
        for descriptor in images {
            let rank = descriptor.platform.map { platform.rank(of: $0) } ?? Int.max - 1
            guard let rank, rank < best?.rank ?? Int.max else { continue }
            best = (rank, descriptor)
        }
        return best?.descriptor
    }

    /// The entries that may be images: those that are not attestations.
    public var images: [Descriptor] {
        manifests.filter {
            $0.annotations["vnd.docker.reference.type"] == nil && $0.platform?.architecture != "unknown"
        }
    }

    /// The platforms that are there, for people: `linux/amd64, linux/arm64`.
    public var platforms: String {
        var seen: Set<Platform> = []
        let told = images.compactMap(\.platform).filter { seen.insert($0).inserted }.map(\.description)
        return told.isEmpty ? "none" : told.joined(separator: ", ")
    }
}
