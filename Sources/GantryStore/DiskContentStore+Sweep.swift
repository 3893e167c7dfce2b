import GantryCore
import GantryModel
import GantrySystem

extension DiskContentStore {
    /// Moves to the trash what a crash left: blob files without a row and ingests without a readable status.
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
            for entry in try Directory.list(layout.ingests) where Ingest.read("\(layout.ingests)/\(entry.name)") == nil
            {
                try layout.discard("\(layout.ingests)/\(entry.name)")
            }
        }
    }
}
