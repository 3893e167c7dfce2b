/// Free key-value pairs that hang on images, containers, snapshots, blobs and leases.
public typealias Labels = [String: String]
