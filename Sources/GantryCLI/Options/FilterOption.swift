import GantryWire

/// The values of `--filter`: `name=value`, several times.
enum FilterOption {
    /// The parameter `filters` of a listing: `{name: [values]}`; nil when there is none. What names and values mean is
    /// the daemon's to judge.
    static func request(_ options: [String], of command: String) throws(Failure) -> JSON? {
        var filters = JSONObject()
        for option in options where !option.isEmpty {
            guard let equals = option.firstIndex(of: "=") else {
                throw Failure("\(command): --filter '\(option)': it is not NAME=VALUE")
            }
            // `label!=key` is a name that ends with an exclamation mark.
            let name = option[..<equals].trimmed.lowercased()
            let value = option[option.index(after: equals)...].trimmed
            guard !name.isEmpty else { throw Failure("\(command): --filter '\(option)': it has no name") }
            filters[name] = .array((filters[name]?.array ?? []) + [.string(value)])
        }
        return filters.isEmpty ? nil : .object(filters)
    }
}

extension Substring {
    /// Without white space at both ends.
    fileprivate var trimmed: String {
        var rest = drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
