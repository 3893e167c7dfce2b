import GantryCore
import GantryModel
import GantrySystem

extension DiskContentStore {
    /// Ingests that nobody has taken up for so many seconds are given up: a week.
    private static let patience: Int64 = 604_800

    /// Moves to the trash what a crash left: blob files without a row, ingests without a readable status or without
    /// data, ingests of a blob that is there, and ingests that nobody came back for.
    ///
    /// Cost: one walk of the rows and one listing of the directories.
    func sweep() throws {
        var owned: Set<String> = []
        try walk(.all) { owned.insert(layout.blob($0.digest)) }
        try describing("sweep '\(layout.root)/content'") { () throws(Errno) in
            for algorithm in Digest.Algorithm.allCases {
                let directory = layout.blobs(algorithm)
                for entry in try Directory.list(directory) where !owned.contains("\(directory)/\(entry.name)") {
                    try layout.discard("\(directory)/\(entry.name)")
                }
            }
            let oldest = Clock.realtime - Self.patience * 1_000_000_000
            for entry in try Directory.list(layout.ingests) {
                // A commit moves the data away before its ingest goes: a crash between the two leaves a status alone.
                if let status = Ingest.read("\(layout.ingests)/\(entry.name)"),
                    status.updated.nanoseconds >= oldest, status.offset > 0,
                    !(status.expected.map { owned.contains(layout.blob($0)) } ?? false)
                {
                    continue
                }
                try layout.discard("\(layout.ingests)/\(entry.name)")
            }
        }
    }
}
