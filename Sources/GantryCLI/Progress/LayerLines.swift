/// All layers of a pull, in the order in which they were told, and how fast they come. A pure value.
struct LayerLines {
    /// A speed is measured over so many nanoseconds.
    private static let window: Int64 = 2_000_000_000

    private(set) var lines: [LayerLine] = []
    private var positions: [String: Int] = [:]
    private var marks: [String: [(time: Int64, current: Int64)]] = [:]

    /// Takes a line as of `now`, nanoseconds of a clock that never goes back.
    /// - Returns: what was known of the layer before.
    @discardableResult
    mutating func take(_ line: LayerLine, now: Int64) -> LayerLine? {
        var line = line
        line.speed = speed(line, now)
        guard let position = positions[line.layer] else {
            positions[line.layer] = lines.count
            lines.append(line)
            return nil
        }
        defer { lines[position] = line }
        return lines[position]
    }

    private mutating func speed(_ line: LayerLine, _ now: Int64) -> Int64? {
        guard line.state == "downloading" else {
            marks[line.layer] = nil
            return nil
        }
        var past = marks[line.layer] ?? []
        past.append((now, line.current))
        past.removeAll { $0.time < now - Self.window }
        marks[line.layer] = past
        guard let first = past.first, now - first.time >= 200_000_000 else { return nil }
        return Int64(Double(line.current - first.current) / (Double(now - first.time) / 1e9))
    }

    /// The picture in a window of `rows` and `columns`: all layers where they fit, else those that something happens to,
    /// and counts of the others. One row and one column stay free, so that no terminal wraps or scrolls by itself.
    func picture(rows: Int, columns: Int) -> [String] {
        let columns = max(1, columns - 1)
        let room = max(1, rows - 1)
        if lines.count <= room { return lines.map { $0.text(columns: columns) } }
        let moving = lines.filter(\.isMoving)
        let shown = moving.prefix(max(0, room - 2))
        let over = lines.count(where: \.isOver)
        var picture = ["\(over) of \(lines.count) layers complete"] + shown.map { $0.text(columns: columns) }
        let rest = lines.count - over - shown.count
        if rest > 0, picture.count < room { picture.append("\(rest) more to come") }
        return picture.prefix(room).map { String($0.prefix(columns)) }
    }
}
