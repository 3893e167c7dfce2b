import GantrySystem
import Synchronization
import Testing

/// The images that the tests load: made by other tools through scripts/ of this repository, once, and kept in
/// GANTRY_CACHE or .build/cache.
enum Images {
    /// The repository's directory.
    static let package: String = {
        var path = #filePath
        for _ in 0..<4 { path = Path.parent(of: path) }
        return path
    }()

    /// An archive that a script makes.
    struct Recipe: Sendable, Hashable, CustomTestStringConvertible {
        /// The file's name in the cache.
        var name: String
        var script: String
        var options: [String]

        init(_ name: String, _ script: String, _ options: String...) {
            (self.name, self.script, self.options) = (name, script, options)
        }
        var testDescription: String { name }
    }

    /// `busybox:latest`, of one layer, its command `sh`.
    static let busybox = Recipe("busybox-skopeo-oci.tar", "make-busybox-image")
    /// The same from every maker and in every form.
    static let busyboxes = [
        busybox,
        Recipe("busybox-skopeo-docker.tar", "make-busybox-image", "--format", "docker"),
        Recipe("busybox-buildah-oci.tar", "make-busybox-image", "--tool", "buildah"),
        Recipe("busybox-buildah-docker.tar", "make-busybox-image", "--tool", "buildah", "--format", "docker"),
        Recipe("busybox-umoci-oci.tar", "make-busybox-image", "--tool", "umoci"),
        Recipe("busybox-hard-links.tar", "make-busybox-image", "--links", "hard"),
    ]
    /// `example/one:latest` and `example/two:v2`, which share a layer; each says its name.
    static let several = [
        Recipe("several-oci.tar", "make-multi-image"),
        Recipe("several-docker.tar", "make-multi-image", "--format", "docker"),
    ]
    /// `layers:latest`: 12 layers with whiteouts.
    static let layers = Recipe("layers-12.tar", "make-layers-image", "--layers", "12")

    /// `large:latest`: 30 layers and 600 MB, a quarter of it compressed.
    static let large = Recipe(
        "layers-30-600.tar", "make-layers-image", "--layers", "30", "--megabytes", "20", "--name",
        "docker.io/library/large:latest")

    /// `medium:latest`: 11 layers and 200 MB.
    static let medium = Recipe(
        "layers-11-200.tar", "make-layers-image", "--layers", "11", "--megabytes", "20", "--name",
        "docker.io/library/medium:latest")

    /// The archive's path; makes it when it is not there yet.
    static func archive(_ recipe: Recipe = busybox) throws -> String {
        try making.withLock { _ in
            let cache = Host.variable("GANTRY_CACHE").flatMap { $0.isEmpty ? nil : $0 } ?? package + "/.build/cache"
            // Whoever changes a script gets a new archive: the size is a cheap witness of that.
            let script = package + "/scripts/" + recipe.script
            let version = try FileStatus.of(script).size
            let path = "\(cache)/itests-\(version)-\(recipe.name)"
            if Path.exists(path) { return path }
            try Path.makeDirectories(cache)
            let outcome = try Program(
                script, [path + ".part"] + recipe.options, environment: ["PATH=\(Machine.searchPath)", "HOME=/root"]
            ).wait(seconds: 120)
            guard outcome.status == 0 else {
                throw Machine.Missing(description: "\(recipe.script) made no '\(recipe.name)': \(outcome.errorText)")
            }
            try Path.rename(path + ".part", to: path, from: File.here, into: File.here)
            return path
        }
    }

    private static let making = Mutex(())
}
