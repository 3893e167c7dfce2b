import GantrySystem

/// The lines of docs/security.md: each row of its tables that has an id.
enum SecurityPage {
    struct Row: Sendable {
        /// Without its backticks.
        var id: String
        var what: String
        /// The last column: what must be true here.
        var gantry: String

        /// The system calls that the row names.
        var calls: [String] {
            what.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
                .map { String($0.element) }
        }
    }

    /// The rows in order; an id stands once.
    static func rows() throws -> [Row] {
        let text = String(decoding: try File.contents(Images.package + "/docs/security.md"), as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            // A bar within backticks is written \| in Markdown's tables.
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { cell in
                String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            guard cells.count > 4, cells[1].hasPrefix("`"), cells[1].hasSuffix("`") else { return nil }
            return Row(
                id: String(cells[1].dropFirst().dropLast()), what: cells[2], gantry: cells[cells.count - 2])
        }
    }
}
