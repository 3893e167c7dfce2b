import ArgumentParser

/// The options of every listing.
struct ListingOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Print ids only.")
    var quiet = false

    @Flag(name: .customLong("no-trunc"), help: "Print everything in full.")
    var noTrunc = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("'json', 'table', 'table TEMPLATE' or a template, {{.Field}}.", valueName: "format"))
    var format: String?

    /// The format, read.
    func parsed() throws(TemplateError) -> ListingFormat { try ListingFormat(format) }
}
