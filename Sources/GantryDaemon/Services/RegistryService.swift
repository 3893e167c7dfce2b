import GantryImages
import GantryModel
import GantryRPC
import GantryWire

/// `registries.*`: what is asked of registries beside images. Logins are the client's to keep; nothing stays here.
struct RegistryService: Sendable {
    let registries: Registries

    var methods: [Method] { [login] }

    private var login: Method {
        Method(
            "registries.login", "Finds out whether a registry lets somebody in; keeps nothing.",
            params: [
                Field("registry", .string, required: true, "As image names begin: docker.io, localhost:5000."),
                Field("username", .string, required: true, "Free of colons."),
                Field("password", .string, required: true, "Or an access token, where the registry has such."),
            ],
            result: "{identityToken?}: keep that in place of the password, and send it as auth of images.pull",
            errors: [
                .invalidArgument, .permissionDenied, .notFound, .unavailable, .failedPrecondition, .unimplemented,
            ],
            mode: .wait
        ) { call in
            let registry = try call.string("registry")
            // A registry is what an image's name can begin with.
            guard let reference = try? Reference(registry + "/x"), reference.domain == registry else {
                throw GantryError(
                    .invalidArgument,
                    "log in to '\(registry)': expected a host name with a dot or a port, or 'localhost'")
            }
            let credentials = try RegistryCredentials(
                json: ["username": .string(call.string("username")), "password": .string(call.string("password"))])
            let token = try registries.login(registry, credentials) { try call.checkCancelled() }
            var answer = JSONObject()
            answer.put("identityToken", token)
            return .object(answer)
        }
    }
}
