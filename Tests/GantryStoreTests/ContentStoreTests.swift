import GantryCore
import GantryStore
import GantryTesting
import Testing

@Suite struct ContentStoreTests {
    @Test(arguments: ContentSuite.checks)
    func behaves(_ check: ContentCheck) throws {
        try check.run { root in
            let metadata = try Metadata(layout: StoreLayout(root: root))
            let collector = Collector(metadata) { _, _ in }
            return ContentSubject(
                content: try DiskContentStore(metadata), leases: metadata,
                collect: { _ = try collector.drain() }, close: { try metadata.close() })
        }
    }
}
