/// Columns of text, padded as docker pads them: at least ten wide, three spaces apart, the last one free.
struct Table {
    private var rows: [[String]] = []

    /// Adds a row of cells.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// Adds a row of cells that tabs divide.
    mutating func add(line: String) {
        rows.append(line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
    }

    /// All rows, a line each.
    var text: String {
        var widths: [Int] = []
        let sizes = rows.map { $0.map(Self.width) }
        for row in sizes {
            for (index, size) in row.dropLast().enumerated() {
                if index == widths.count { widths.append(Self.least) }
                widths[index] = max(widths[index], size + Self.gap)
            }
        }
        var text = ""
        for (row, sizes) in zip(rows, sizes) {
            for (index, cell) in row.enumerated() {
                text += cell
                guard index < row.count - 1 else { continue }
                text += String(repeating: " ", count: widths[index] - sizes[index])
            }
            text += "\n"
        }
        return text
    }

    private static func width(_ cell: String) -> Int {
        cell.utf8.allSatisfy { $0 < 0x80 } ? cell.utf8.count : cell.unicodeScalars.count
    }

    private static let least = 10
    private static let gap = 3
}
