import GantrySystem
import RegistryFixture
import Synchronization

/// A registry that all tests share, with the images that they ask for: filling one takes longer than pulling from it.
enum Shelf {
    private struct State {
        var server: RegistryServer?
        var shelved: Set<String> = []
    }

    private static let state = Mutex(State())

    /// Where it listens, `127.0.0.1:PORT`.
    static func address() throws -> String { try state.withLock { try server(&$0).address } }

    /// The full name of an image of the shelf; puts it there when it is not.
    static func image(_ recipe: Images.Recipe, as name: String) throws -> String {
        let archive = try Images.archive(recipe)
        return try state.withLock { state in
            let server = try server(&state)
            if state.shelved.insert(name).inserted {
                let isDocker = recipe.options.contains("docker") || recipe.name.contains("docker")
                try server.push(
                    isDocker ? "docker-archive:\(archive)" : "oci-archive:\(archive)", as: name,
                    options: isDocker ? [] : ["--preserve-digests"])
            }
            return "\(server.address)/\(name)"
        }
    }

    private static func server(_ state: inout State) throws -> RegistryServer {
        if let server = state.server { return server }
        try Machine.require(program: "docker-registry")
        let server = try RegistryServer()
        state.server = server
        return server
    }
}
