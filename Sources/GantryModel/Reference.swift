/// A normalised image name: where it is kept, what it is called there, and which version is meant.
///
/// Normalising is docker's: `busybox` is `docker.io/library/busybox:latest`; the first part is a registry only
/// when it has a dot, a colon or an upper-case letter, or is `localhost`. Source: the grammar of
/// github.com/distribution/reference.
public struct Reference: Sendable, Hashable {
    /// Host name of the registry, with a port where it has one: `docker.io`, `localhost:5000`, `[::1]:5000`.
    public let domain: String
    /// Path of the repository below the registry: `library/busybox`.
    public let path: String
    /// The tag; nil only when a digest stands instead.
    public let tag: String?
    /// The digest of the manifest or index that is meant, when the name pins one.
    public let digest: Digest?

    /// Parses what a person typed; a name with neither tag nor digest gets `:latest`.
    /// - Throws: `.invalidArgument` that says what is wrong.
    public init(_ text: String) throws(GantryError) {
        var parser = ReferenceParser(text: text)
        (domain, path, tag, digest) = try parser.parse()
    }

    private init(domain: String, path: String, tag: String?, digest: Digest?) {
        self.domain = domain
        self.path = path
        self.tag = tag
        self.digest = digest
    }

    /// Registry and path, without tag and digest: `docker.io/library/busybox`.
    public var repository: String { "\(domain)/\(path)" }

    /// The repository as people write it: `busybox`, `bitnami/redis`, `quay.io/podman/hello`.
    public var familiarRepository: String {
        guard domain == "docker.io" else { return repository }
        guard path.hasPrefix("library/"), !path.dropFirst(8).contains("/") else { return path }
        return String(path.dropFirst(8))
    }

    /// The shortest form that parses to the same name: `busybox:latest`.
    public var familiar: String { familiarRepository + suffix }

    /// The same repository with this digest and no tag.
    public func pinned(to digest: Digest) -> Reference {
        Reference(domain: domain, path: path, tag: nil, digest: digest)
    }

    private var suffix: String {
        var text = ""
        if let tag { text += ":\(tag)" }
        if let digest { text += "@\(digest)" }
        return text
    }
}

extension Reference: CustomStringConvertible {
    /// The whole normalised name, the one that is stored: `docker.io/library/busybox:latest`.
    public var description: String { repository + suffix }
}

extension Reference: Comparable {
    /// Orders as the normalised text does.
    public static func < (left: Reference, right: Reference) -> Bool { left.description < right.description }
}
