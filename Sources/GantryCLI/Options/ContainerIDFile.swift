import GantrySystem

/// The file of `--cidfile`, which tells scripts the container's id.
struct ContainerIDFile: ~Copyable {
    private let path: String
    private let file: OwnedDescriptor

    /// Makes the file, before there is a container: two that want the same one cannot both have it.
    ///
    /// - Throws: a `Failure` when it exists, or cannot be made.
    init(_ path: String, failure status: Int32) throws(Failure) {
        self.path = path
        do throws(Errno) {
            file = try File.open(path, [.write, .create, .exclusive], mode: 0o644)
        } catch {
            if error == .exists {
                throw Failure(
                    "container ID file found, make sure the other container isn't running or delete '\(path)'",
                    status: status)
            }
            throw Failure("create container ID file '\(path)': \(error.reason)", status: status)
        }
    }

    /// Writes the id, without a newline, as Docker does.
    func write(_ id: String) throws(Failure) {
        do throws(Errno) {
            try File.write(file.raw, id)
        } catch {
            throw Failure("write container ID file '\(path)': \(error.reason)")
        }
    }

    /// There is no container: neither shall there be a file.
    func discard() { try? Path.unlink(path) }
}
