/// Which module may import which: the picture of the design as a table. An arrow that is not here is a mistake until
/// somebody argues for it, in this file and in `docs/decisions.md`.
enum Arrows {
    /// Direct arrows between our own modules.
    static let own: [String: Set<String>] = [
        // 0 kernel
        "CLinux": [],
        "GantrySystem": ["CLinux"],
        "GantryHost": ["GantrySystem"],
        // 1 values
        "GantryWire": [],
        "GantryModel": ["GantryWire"],
        "GantryErofs": ["GantrySystem"],
        "GantryTar": ["GantryErofs"],
        // 2 contracts
        "GantryCore": ["GantryModel", "GantryWire", "GantrySystem", "GantryHost"],
        "GantryRPC": ["GantryModel", "GantryWire", "GantrySystem", "GantryHost"],
        // 3 remote
        "GantryClient": ["GantryModel", "GantryWire", "GantrySystem"],
        "GantryRemote": ["GantryCore", "GantryClient"],
        // 4 features: siblings never meet
        "GantryStore": ["GantryCore"],
        "GantrySnapshots": ["GantryCore", "GantryErofs"],
        "GantryDiff": ["GantryCore", "GantryTar"],
        "GantryImages": ["GantryCore"],
        "GantryRuntime": ["GantryCore"],
        "GantryShim": ["GantrySystem", "GantryWire"],
        // 5 compose
        "GantryDaemon": [
            "GantryRPC", "GantryStore", "GantrySnapshots", "GantryDiff", "GantryImages", "GantryRuntime",
            "GantryRemote",
        ],
        "GantryCLI": ["GantryClient", "GantryTar"],
        // beside
        "GantryTesting": ["GantryCore"],
        "GantryConformance": ["GantryTesting", "GantryRemote", "GantryStore"],
        // executables
        "gantryd": ["GantryDaemon"],
        "gantry": ["GantryCLI"],
        "gantry-conformance": ["GantryConformance"],
        "gantry-shim": ["GantryShim"],
        "rpc-bench": ["GantryClient"],
    ]

    /// Modules of others and C libraries: only the modules named here import them, not those above.
    static let foreign: [String: Set<String>] = [
        "GRDB": ["GantryStore"],
        "TOMLKit": ["GantryDaemon"],
        "Logging": ["GantryDaemon", "gantryd"],
        "ArgumentParser": ["GantryCLI", "gantry", "gantryd", "gantry-conformance"],
        "CCrypto": ["GantryHost"],
        "CCurl": ["GantryImages"],
        "CIsal": ["GantryDiff"],
        "CSeccomp": ["GantryHost"],
        "CZstd": ["GantryDiff"],
        "CLinux": ["GantrySystem"],
        "Glibc": ["GantrySystem"],
    ]

    /// Part of the language; anybody's to use.
    static let language: Set<String> = ["Swift", "Synchronization"]

    /// Our modules that `target` may import: its direct arrows and what those lead to. Nobody but GantrySystem sees
    /// CLinux, though all stand above it.
    static func reachable(from target: String) -> Set<String> {
        var reached: Set<String> = []
        var queue = Array(own[target] ?? [])
        while let next = queue.popLast() {
            if reached.insert(next).inserted { queue += own[next] ?? [] }
        }
        return target == "GantrySystem" ? reached : reached.subtracting(["CLinux"])
    }

    /// Why `target` may not import `module`; nil when it may.
    static func objection(to module: String, in target: String) -> String? {
        if language.contains(module) || reachable(from: target).contains(module) { return nil }
        if let holders = foreign[module] {
            let names = holders.sorted().joined(separator: ", ")
            return holders.contains(target) ? nil : "only \(names) may import \(module)"
        }
        return own[module] == nil
            ? "\(module) is not in the table of modules" : "no arrow leads from \(target) to \(module)"
    }

    /// The module that a line of code imports, if it does: `internal import struct A.B` imports `A`.
    static func imported(by line: String) -> String? {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        let modifiers: Set<Substring> = [
            "public", "package", "internal", "fileprivate", "private", "@testable", "@_exported", "@preconcurrency",
        ]
        guard let start = words.firstIndex(where: { !modifiers.contains($0) }), words[start] == "import" else {
            return nil
        }
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        let named = words[(start + 1)...].drop { kinds.contains($0) }
        return named.first?.split(separator: ".").first.map(String.init)
    }
}
