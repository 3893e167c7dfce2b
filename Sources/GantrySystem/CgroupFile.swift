/// The small text files of the cgroup file system.
package enum CgroupFile {
    /// The number behind `key` on its line, or the file's only number; nil for "max" and where there is no such file.
    package static func number(_ key: String?, in path: String) -> Int64? {
        guard let bytes = try? File.contents(path, limit: 1 << 16) else { return nil }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            guard let last = words.last else { continue }
            if let key, words.count != 2 || !words[0].elementsEqual(key.utf8) { continue }
            return Int64(String(decoding: last, as: UTF8.self))
        }
        return nil
    }
}
