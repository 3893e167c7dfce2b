import GantrySystem
import Testing

extension Integration {
    /// docs/security.md, line by line, from inside.
    @Suite struct SecurityTests {
        @Test(arguments: ["crun", "runc"])
        func whatAContainerFinds(_ runtime: String) throws { try check(runtime) { !Self.isAboutOptions($0) } }

        /// Each of these lines takes containers of its own.
        @Test(arguments: ["crun", "runc"])
        func whatOptionsChange(_ runtime: String) throws { try check(runtime, Self.isAboutOptions) }

        private static func isAboutOptions(_ row: SecurityPage.Row) -> Bool {
            row.id.hasPrefix("option-") || row.id.hasPrefix("gate-")
        }

        private func check(_ runtime: String, _ isMeant: (SecurityPage.Row) -> Bool) throws {
            try Machine.require(program: runtime)
            try Machine.require(program: "gcc")
            let rows = try SecurityPage.rows()
            #expect(rows.count > 190)
            #expect(Set(rows.map(\.id)).count == rows.count, "an id stands twice")
            try withEngine { (engine: Engine) throws in
                let facts = try SecurityFacts(engine, runtime: runtime, rows: rows)
                for row in rows where isMeant(row) {
                    guard let check = SecurityChecks.check(for: row.id) else {
                        Issue.record("docs/security.md: '\(row.id)' has no check")
                        continue
                    }
                    let objection = try check(row, facts)
                    #expect(objection == nil, "docs/security.md: '\(row.id)' with \(runtime): \(objection ?? "")")
                }
            }
        }
    }
}
