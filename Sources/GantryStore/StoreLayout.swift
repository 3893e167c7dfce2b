package import GantryModel
import GantrySystem

/// Where everything lies below the root directory.
///
///     <root>/content/blobs/<algorithm>/<hex>       blobs
///            content/ingest/<id>/{data,status}     blobs that are still coming in
///            trash/                                what is deleted and not yet unlinked
///            meta/gantry.db  meta/images.<ns>.journal  meta/lock
///            containers/<ns>/<id>/container.json   and the logs of the container
package struct StoreLayout: Sendable {
    /// The root directory; everything is on one file system, so that a rename is enough.
    package let root: String

    /// Takes the root directory.
    package init(root: String) { self.root = root }

    /// Directory of the blobs of one algorithm.
    package func blobs(_ algorithm: Digest.Algorithm) -> String { "\(root)/content/blobs/\(algorithm.rawValue)" }
    /// File of one blob.
    package func blob(_ digest: Digest) -> String { "\(blobs(digest.algorithm))/\(digest.hex)" }
    /// Directory of the ingests.
    package var ingests: String { "\(root)/content/ingest" }
    /// Directory of what is to be unlinked.
    package var trash: String { "\(root)/trash" }
    /// Directory of the database and its journals.
    package var meta: String { "\(root)/meta" }
    /// The database.
    package var database: String { "\(meta)/gantry.db" }
    /// Journal of the image names of a namespace.
    package func imageJournal(_ namespace: String) -> String { "\(meta)/images.\(namespace).journal" }
    /// Directories of the containers' own files.
    package var containers: String { "\(root)/containers" }
    /// Directory of one container's own files.
    package func container(namespace: String, id: ContainerID) -> String { "\(containers)/\(namespace)/\(id)" }

    /// Makes the directories that are missing.
    func prepare() throws(Errno) {
        for algorithm in Digest.Algorithm.allCases { try Path.makeDirectories(blobs(algorithm), mode: 0o700) }
        for directory in [ingests, trash, meta, containers] { try Path.makeDirectories(directory, mode: 0o700) }
    }

    /// Renames a file or directory into the trash, under a name that nothing else has.
    func discard(_ path: String) throws(Errno) {
        try Path.rename(path, to: "\(trash)/\(Path.name(of: path)).\(Hex.encode(File.random(8)))")
    }
}
