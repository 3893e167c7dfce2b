/// What a person sees: a terminal's screen, made from the bytes that a program writes to it.
///
/// As much of ECMA-48 as full-screen programs such as busybox's vi use: cursor movements, erasing, scrolling, inserting
/// and deleting lines and characters. Colours and modes are taken and have no effect. One byte is one character.
struct Screen: Sendable {
    private(set) var rows: Int
    private(set) var columns: Int
    private var cells: [[UInt8]]
    private(set) var row = 0
    private(set) var column = 0
    private var top = 0
    private var bottom: Int
    private var saved = (row: 0, column: 0)
    /// The last column was written: the next character goes to the next line.
    private var wraps = false
    /// An escape sequence that is not complete yet.
    private var escape: [UInt8] = []

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        bottom = rows - 1
        cells = Array(repeating: Array(repeating: 32, count: columns), count: rows)
    }

    /// The lines as text, without spaces at their ends.
    var lines: [String] {
        cells.map { line in
            let end = line.lastIndex { $0 != 32 }.map { $0 + 1 } ?? 0
            return String(decoding: line[..<end], as: UTF8.self)
        }
    }

    /// Another size: what still fits stays.
    mutating func resize(rows: Int, columns: Int) {
        var fresh = Screen(rows: rows, columns: columns)
        for line in 0..<min(rows, self.rows) {
            for cell in 0..<min(columns, self.columns) { fresh.cells[line][cell] = cells[line][cell] }
        }
        (fresh.row, fresh.column) = (min(row, rows - 1), min(column, columns - 1))
        self = fresh
    }

    mutating func write(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes { write(byte) }
    }

    private mutating func write(_ byte: UInt8) {
        if !escape.isEmpty { return continueEscape(byte) }
        switch byte {
        case 0x1b: escape = [byte]
        case 8: column = max(0, column - 1)
        case 9: column = min(columns - 1, (column / 8 + 1) * 8)
        case 10, 11, 12: lineFeed()
        case 13: column = 0
        case 0..<32, 127: return
        default: return put(byte)
        }
        wraps = false
    }

    private mutating func put(_ byte: UInt8) {
        if wraps {
            column = 0
            lineFeed()
        }
        cells[row][column] = byte
        wraps = column == columns - 1
        if !wraps { column += 1 }
    }

    private mutating func lineFeed() {
        if row == bottom { scrollUp(from: top, 1) } else { row = min(row + 1, rows - 1) }
    }

    private mutating func scrollUp(from first: Int, _ count: Int) {
        for _ in 0..<min(count, bottom - first + 1) {
            cells.remove(at: first)
            cells.insert(Array(repeating: 32, count: columns), at: bottom)
        }
    }

    private mutating func scrollDown(from first: Int, _ count: Int) {
        for _ in 0..<min(count, bottom - first + 1) {
            cells.remove(at: bottom)
            cells.insert(Array(repeating: 32, count: columns), at: first)
        }
    }

    private mutating func continueEscape(_ byte: UInt8) {
        escape.append(byte)
        if escape.count == 2 {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: ")"): return
            case UInt8(ascii: "M"): if row == top { scrollDown(from: top, 1) } else { row = max(0, row - 1) }
            case UInt8(ascii: "D"): lineFeed()
            case UInt8(ascii: "7"): saved = (row, column)
            case UInt8(ascii: "8"): (row, column) = saved
            default: break
            }
            escape = []
            return
        }
        // A control sequence ends with a byte from @ on; a choice of characters has one byte more.
        guard escape[1] != UInt8(ascii: "[") || byte >= 0x40 else { return }
        let sequence = escape
        escape = []
        if sequence[1] == UInt8(ascii: "[") { control(byte, sequence[2..<(sequence.count - 1)]) }
    }

    private mutating func control(_ verb: UInt8, _ text: ArraySlice<UInt8>) {
        let numbers = text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
        let first = numbers.first ?? 0
        let count = max(1, first)
        wraps = false
        switch verb {
        case UInt8(ascii: "H"), UInt8(ascii: "f"):
            row = min(rows, count) - 1
            column = min(columns, max(1, numbers.count > 1 ? numbers[1] : 1)) - 1
        case UInt8(ascii: "A"): row = max(0, row - count)
        case UInt8(ascii: "B"): row = min(rows - 1, row + count)
        case UInt8(ascii: "C"): column = min(columns - 1, column + count)
        case UInt8(ascii: "D"): column = max(0, column - count)
        case UInt8(ascii: "G"): column = min(columns, count) - 1
        case UInt8(ascii: "d"): row = min(rows, count) - 1
        case UInt8(ascii: "J"): eraseScreen(first)
        case UInt8(ascii: "K"): eraseLine(first)
        case UInt8(ascii: "L"): scrollDown(from: row, count)
        case UInt8(ascii: "M"): scrollUp(from: row, count)
        case UInt8(ascii: "P"):
            let gone = min(count, columns - column)
            cells[row].removeSubrange(column..<(column + gone))
            cells[row] += Array(repeating: 32, count: gone)
        case UInt8(ascii: "@"):
            cells[row].insert(contentsOf: Array(repeating: 32, count: count), at: column)
            cells[row].removeLast(count)
        case UInt8(ascii: "r"):
            top = count - 1
            bottom = (numbers.count > 1 && numbers[1] > 0 ? min(rows, numbers[1]) : rows) - 1
            (row, column) = (0, 0)
        default: break
        }
    }

    private mutating func eraseScreen(_ part: Int) {
        eraseLine(part)
        let others = part == 0 ? (row + 1)..<rows : part == 1 ? 0..<row : 0..<rows
        for line in others { cells[line] = Array(repeating: 32, count: columns) }
    }

    private mutating func eraseLine(_ part: Int) {
        let range = part == 0 ? column..<columns : part == 1 ? 0..<(column + 1) : 0..<columns
        for cell in range { cells[row][cell] = 32 }
    }
}
