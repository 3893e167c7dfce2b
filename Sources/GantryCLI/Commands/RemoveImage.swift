import ArgumentParser
import GantryModel
import GantryWire

/// `gantry rmi`.
struct RemoveImage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rmi",
        abstract: "Remove images.",
        discussion: """
            A name is taken away from its image; the image itself goes with its last name. An id removes the image \
            with all of its names.

            EXAMPLE
              gantry rmi busybox:old
              gantry rmi $(gantry images -q)
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Also when the image has several names or containers were made from it.")
    var force = false

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "image"))
    var images: [String]

    func run() throws {
        let daemon = try connection.connect()
        try EachName.run(images) { name in
            var request: JSONObject = ["image": .string(name)]
            if force { request["force"] = true }
            let removed: JSON
            do {
                removed = try daemon.call("images.remove", request)
            } catch let error as GantryError where force && error.code == .notFound {
                return Console.error("Error: \(error.description)")
            }
            for untagged in removed["untagged"]?.array ?? [] { try Console.line("Untagged: \(untagged.templateText)") }
            for deleted in removed["deleted"]?.array ?? [] { try Console.line("Deleted: \(deleted.templateText)") }
        }
    }
}
