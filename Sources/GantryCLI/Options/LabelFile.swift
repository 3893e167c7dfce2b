import GantrySystem

/// The files of `--label-file`: a `KEY[=VALUE]` a line, `#` begins a comment line.
enum LabelFile {
    /// - Throws: a `Failure` about a file that cannot be read.
    static func read(_ paths: [String]) throws(Failure) -> [String] {
        var labels: [String] = []
        for path in paths {
            let bytes: [UInt8]
            do throws(Errno) {
                bytes = try File.contents(path, limit: 1 << 20)
            } catch {
                throw Failure("read label file '\(path)': \(error.reason)")
            }
            for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
                let line = line.drop(while: \.isWhitespace)
                if !line.isEmpty, !line.hasPrefix("#") { labels.append(String(line)) }
            }
        }
        return labels
    }
}
