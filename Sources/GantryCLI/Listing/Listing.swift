import GantryWire

/// A list of things with docker's field names, printed as `--format` asks.
///
/// A row is an object whose members are the fields. Every field has a heading; the default table shows some of them.
struct Listing {
    /// Each field and its heading, "ID" and "CONTAINER ID".
    let headings: [(field: String, heading: String)]
    /// The fields of the default table, in order.
    let columns: [String]

    /// The fields that a row needs for a format. Making all of them takes most of the time of a long list.
    func fields(for format: ListingFormat) -> [String] {
        if case .table(nil) = format { return columns }
        return headings.map(\.field) + [Self.lookup]
    }

    /// The text of all rows.
    func text(_ rows: [JSON], _ format: ListingFormat) throws(TemplateError) -> String {
        switch format {
        case .table(nil):
            var table = Table()
            table.add(columns.map { heading(of: $0) })
            for row in rows { table.add(columns.map { row[$0]?.templateText ?? "" }) }
            return table.text
        case .table(let template?):
            var table = Table()
            table.add(line: try template.render(try headingRow(for: template)))
            for row in rows { table.add(line: try template.render(row)) }
            return table.text
        case .json:
            return rows.map { $0.withoutLookups.text + "\n" }.joined()
        case .template(let template):
            // The headings stand for a row when there is none, so that a misspelt field is an error in any case.
            if rows.isEmpty { _ = try template.render(headingRow(for: template)) }
            var text = ""
            for row in rows { text += try template.render(row) + "\n" }
            return text
        }
    }

    private func heading(of field: String) -> String {
        headings.first { $0.field == field }?.heading ?? field.uppercased()
    }

    private func headingRow(for template: Template) throws(TemplateError) -> JSON {
        var row: JSONObject = [:]
        for (field, heading) in headings { row[field] = .string(heading) }
        for case let path in template.paths where path.first == Self.lookup { row[Self.lookup] = [:] }
        return .object(row)
    }

    /// The field that is asked with a key, `{{.Label "key"}}`; it is no member of the JSON form.
    static let lookup = "Label"
}

extension JSON {
    fileprivate var withoutLookups: JSON {
        guard var object else { return self }
        object[Listing.lookup] = nil
        return .object(object)
    }
}
