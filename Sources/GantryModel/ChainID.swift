/// The name of a stack of layers: what is below, and the layer on top.
///
/// Source: OCI image-spec v1.1, config.md, "Layer ChainID". A committed snapshot of a layer is named by it.
public enum ChainID {
    /// The chain id of every prefix of `diffIDs`: the first is the first layer's own id, the last that of the image.
    ///
    /// `sha256` hashes bytes; values have no crypto library, so the caller lends one.
    public static func all(_ diffIDs: [Digest], sha256: ([UInt8]) -> Digest) -> [Digest] {
        var chain: [Digest] = []
        chain.reserveCapacity(diffIDs.count)
        for diffID in diffIDs {
            guard let below = chain.last else {
                chain.append(diffID)
                continue
            }
            chain.append(sha256(Array("\(below) \(diffID)".utf8)))
        }
        return chain
    }
}
