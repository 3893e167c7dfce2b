import GantrySystem
import GantryWire
import Testing

@testable import GantryCLI

/// What a pull looks like on terminals of every size.
@Suite struct LayerLineTests {
    private func line(_ layer: String, _ state: String, _ current: Int64, speed: Int64? = nil) throws -> LayerLine {
        var line = try #require(
            LayerLine([
                "layer": .string(layer), "state": .string(state), "current": .int(current), "total": 104_000_000,
            ]))
        line.speed = speed
        return line
    }

    @Test func aLineFitsWhateverItIsGiven() throws {
        let moving = try line("2f1e0d9c8b7a", "downloading", 52_000_000, speed: 34_100_000)
        #expect(
            moving.text(columns: 100)
                == "2f1e0d9c8b7a: Downloading [==============>               ]  52MB/104MB  34.1MB/s")
        #expect(moving.text(columns: 70) == "2f1e0d9c8b7a: Downloading [=========>          ]  52MB/104MB  34.1MB/s")
        #expect(moving.text(columns: 40) == "2f1e0d9c8b7a: Downloading 52MB/104MB")
        #expect(moving.text(columns: 30) == "2f1e0d9c8b7a: Downloading")
        #expect(moving.text(columns: 5) == "2f1e0")
        for columns in 1...120 { #expect(moving.text(columns: columns).count <= columns) }
        #expect(try line("2f1e0d9c8b7a", "done", 104_000_000).text(columns: 80) == "2f1e0d9c8b7a: Pull complete")
        let empty = "[" + String(repeating: " ", count: 30) + "]"
        #expect(try line("2f1e0d9c8b7a", "downloading", 0).text(columns: 80).contains(empty))
        let full = "[" + String(repeating: "=", count: 30) + "]"
        #expect(try line("2f1e0d9c8b7a", "unpacking", 104_000_000).text(columns: 90).contains(full))
    }

    @Test func moreLayersThanRows() throws {
        var lines = LayerLines()
        for index in 0..<30 {
            let state = index < 10 ? "done" : index < 13 ? "downloading" : "waiting"
            lines.take(try line("layer-\(index)", state, 1), now: 0)
        }
        let whole = lines.picture(rows: 40, columns: 80)
        #expect(whole.count == 30 && whole[29] == "layer-29: Waiting")
        let small = lines.picture(rows: 10, columns: 80)
        #expect(small.count == 5 && small[0] == "10 of 30 layers complete" && small[4] == "17 more to come")
        #expect(small[1].hasPrefix("layer-10: Downloading"))
        for rows in 0...40 {
            for columns in [0, 1, 7, 80] {
                let picture = lines.picture(rows: rows, columns: columns)
                #expect(!picture.isEmpty && picture.count <= max(1, rows - 1))
                #expect(picture.allSatisfy { $0.count <= max(1, columns - 1) })
            }
        }
    }

    @Test func speedIsThatOfTheLastSeconds() throws {
        var lines = LayerLines()
        for tenth: Int64 in 0...50 {
            // A megabyte each tenth of a second, and then nothing for a second.
            let current = min(tenth, 40) * 1_000_000
            lines.take(try line("layer", "downloading", current), now: tenth * 100_000_000)
            if tenth == 1 { #expect(lines.lines[0].speed == nil) }
            if tenth == 40 { #expect(lines.lines[0].speed == 10_000_000) }
        }
        #expect(lines.lines[0].speed == 5_000_000)
        lines.take(try line("layer", "unpacking", 5), now: 6_000_000_000)
        #expect(lines.lines[0].speed == nil && lines.lines.count == 1)
    }

    /// A terminal of 40 columns and 6 rows, as far as the display needs one.
    @Test func redrawnInItsPlace() throws {
        let (master, slave) = try Terminal.openPair()
        defer {
            _ = OwnedDescriptor(master)
            _ = OwnedDescriptor(slave)
        }
        try Terminal.setSize(slave, Terminal.Size(rows: 6, columns: 40))
        let display = TerminalDisplay(descriptor: slave)
        try display.say("latest: Pulling from x")
        for index in 0..<9 { display.take(try line("layer-\(index)", "downloading", 1)) }
        Clock.sleep(milliseconds: 300)
        for index in 0..<9 { display.take(try line("layer-\(index)", "done", 1)) }
        display.finish()
        try display.say("Digest: x")
        var chunk = [UInt8](repeating: 0, count: 65536)
        var bytes: [UInt8] = []
        // Everything is written, but a terminal gives it in pieces.
        while !bytes.suffix(11).elementsEqual(Array("Digest: x\r\n".utf8)), bytes.count < 65536 {
            bytes += chunk[..<(try File.readChunk(master, &chunk))]
        }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix("latest: Pulling from x\r\n"))
        #expect(Self.screen(text) == ["latest: Pulling from x", "9 of 9 layers complete", "Digest: x"])
        // One row of the six is the cursor's.
        let frames = text.components(separatedBy: "\u{1b}[J")
        #expect(frames.dropFirst().allSatisfy { $0.count(where: { $0 == "\r\n" }) <= 5 })
    }

    /// What a terminal shows that knows what the display needs: lines, going up, and clearing from there on.
    private static func screen(_ text: String) -> [String] {
        var lines = [""]
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if character == "\r\n" {
                lines.append("")
            } else if character == "\u{1b}", rest.first == "[" {
                let command = rest.dropFirst().prefix { $0.isNumber }
                rest = rest[command.endIndex...]
                if rest.popFirst() == "A" { lines.removeLast(min(lines.count, (Int(command) ?? 1) + 1)) }
                if lines.count == 0 || command != "" { lines.append("") }
            } else if character != "\r" {
                lines[lines.count - 1].append(character)
            }
        }
        return lines.filter { !$0.isEmpty }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
