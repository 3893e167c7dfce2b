import GantryWire

/// `gantry ps`: containers with docker's fields.
struct ContainerListing {
    /// Ids and commands in full.
    var noTrunc = false
    var ago: Ago

    /// Docker's columns; the last is the size when that is asked for.
    static func listing(size: Bool) -> Listing {
        Listing(
            headings: [
                ("Command", "COMMAND"), ("CreatedAt", "CREATED AT"), ("ID", "CONTAINER ID"), ("Image", "IMAGE"),
                ("Labels", "LABELS"), ("LocalVolumes", "LOCAL VOLUMES"), ("Mounts", "MOUNTS"), ("Names", "NAMES"),
                ("Networks", "NETWORKS"), ("Ports", "PORTS"), ("RunningFor", "CREATED"), ("Size", "SIZE"),
                ("State", "STATE"), ("Status", "STATUS"),
            ],
            columns: ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"] + (size ? ["Size"] : []))
    }

    /// The row of a container that `containers.list` told.
    func row(_ container: JSON) -> JSON {
        let labels = container["labels"]?.object ?? [:]
        let mounts = container["mounts"]?.array ?? []
        return [
            "Command": .string(command(container)),
            "CreatedAt": .string(Ago.date(container["createdAt"])),
            "ID": .string(id(container)),
            "Image": .string(image(container)),
            "Labels": .string(labels.members.map { "\($0.key)=\($0.value.templateText)" }.joined(separator: ",")),
            "LocalVolumes": .string("\(mounts.count { $0["volume"]?.bool == true })"),
            "Mounts": .string(mounts.map(mount).joined(separator: ",")),
            "Names": .string(container["name"]?.string ?? ""),
            "Networks": .string(container["network"]?.string ?? ""),
            // Empty until there are networks that publish ports; the column is there for docker's habits.
            "Ports": "",
            "RunningFor": .string(ago.ago(container["createdAt"])),
            "Size": .string(size(container)),
            "State": .string(container["state"]?.string ?? ""),
            "Status": .string(status(container)),
            "Label": .object(labels),
        ]
    }

    /// The id as the listing shows it.
    func id(_ container: JSON) -> String {
        let id = container["id"]?.string ?? ""
        return noTrunc ? id : id.shortID
    }

    /// "Up 3 seconds", "Exited (0) 2 minutes ago", "Created".
    func status(_ container: JSON) -> String {
        let code = container["exitCode"]?.int ?? 0
        switch container["state"]?.string {
        case "created": return "Created"
        case "running", "paused":
            let up = ago.duration(since: container["startedAt"]).map { "Up \($0)" } ?? "Up"
            return container["state"] == "paused" ? up + " (Paused)" : up
        case "exited":
            let end = "Exited (\(code)) \(ago.ago(container["finishedAt"]))"
            return container["oomKilled"] == true ? end + " (out of memory)" : end
        case "dead": return "Dead"
        case let other: return other ?? ""
        }
    }

    /// "5B (virtual 4.26MB)": what it has written, and with its image.
    private func size(_ container: JSON) -> String {
        guard let written = container["sizeRw"]?.int, let total = container["sizeRootFs"]?.int else { return "0B" }
        let own = HumanSize(bytes: written).description
        return total > 0 ? "\(own) (virtual \(HumanSize(bytes: total)))" : own
    }

    /// A volume's name or a directory of the host.
    private func mount(_ mount: JSON) -> String {
        let name = mount["name"]?.string ?? ""
        return noTrunc ? name : name.shortened(to: 15)
    }

    private func image(_ container: JSON) -> String {
        let image = container["image"]?.string ?? ""
        return !noTrunc && image.hasPrefix("sha256:") ? image.shortID : image
    }

    private func command(_ container: JSON) -> String {
        let words = (container["command"]?.array ?? []).compactMap(\.string)
        let arguments = words.dropFirst().map { $0.contains(" ") ? "'\($0)'" : $0 }
        let command = (words.prefix(1) + arguments).joined(separator: " ")
        return (noTrunc ? command : command.shortened(to: 20)).quoted
    }
}
