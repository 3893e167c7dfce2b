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

    /// The row of a container that `containers.list` told, with the fields that are asked for.
    func row(_ container: JSON, _ wanted: [String]) -> JSON {
        var row = JSONObject()
        for field in wanted {
            if let value = value(of: field, container) { row.append(new: field, value) }
        }
        return .object(row)
    }

    private func value(of field: String, _ container: JSON) -> JSON? {
        switch field {
        case "Command": .string(command(container))
        case "CreatedAt": .string(Ago.date(container["createdAt"]))
        case "ID": .string(id(container))
        case "Image": .string(image(container))
        case "Labels":
            .string(labels(container).members.map { "\($0.key)=\($0.value.templateText)" }.joined(separator: ","))
        case "LocalVolumes": .string("\(mounts(container).count { $0["volume"]?.bool == true })")
        case "Mounts": .string(mounts(container).map(mount).joined(separator: ","))
        case "Names": container["name"] ?? ""
        case "Networks": container["network"] ?? ""
        // Empty until there are networks that publish ports; the column is there for docker's habits.
        case "Ports": ""
        case "RunningFor": .string(ago.ago(container["createdAt"]))
        case "Size": .string(size(container))
        case "State": container["state"] ?? ""
        case "Status": .string(status(container))
        case Listing.lookup: .object(labels(container))
        default: nil
        }
    }

    private func labels(_ container: JSON) -> JSONObject { container["labels"]?.object ?? [:] }
    private func mounts(_ container: JSON) -> [JSON] { container["mounts"]?.array ?? [] }

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
