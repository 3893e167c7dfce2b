import GantryWire

/// `gantry images`: images with docker's fields.
struct ImageListing {
    /// Ids in full.
    var noTrunc = false
    /// Also the column of digests.
    var digests = false
    var ago: Ago

    var listing: Listing {
        Listing(
            headings: [
                ("CreatedAt", "CREATED AT"), ("CreatedSince", "CREATED"), ("Digest", "DIGEST"), ("ID", "IMAGE ID"),
                ("Repository", "REPOSITORY"), ("Size", "SIZE"), ("Tag", "TAG"),
            ],
            columns: digests
                ? ["Repository", "Tag", "Digest", "ID", "CreatedSince", "Size"]
                : ["Repository", "Tag", "ID", "CreatedSince", "Size"])
    }

    /// The row of an image that `images.list` told.
    func row(_ image: JSON) -> JSON {
        [
            "CreatedAt": .string(Ago.date(image["createdAt"])),
            "CreatedSince": .string(ago.ago(image["createdAt"])),
            "Digest": .string(image["digest"]?.string ?? "<none>"),
            "ID": .string(id(image)),
            "Repository": .string(image["repository"]?.string ?? "<none>"),
            "Size": .string(String(describing: HumanSize(bytes: image["size"]?.int ?? 0))),
            "Tag": .string(image["tag"]?.string ?? "<none>"),
        ]
    }

    /// The id as the listing shows it.
    func id(_ image: JSON) -> String {
        let id = image["id"]?.string ?? ""
        return noTrunc ? id : id.shortID
    }
}
