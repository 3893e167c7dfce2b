import GRDB

/// The schema, drawn. It changes only together with a migration below; times are nanoseconds since 1970, labels and
/// other values JSON objects.
///
///     namespace(name) ─ labels created
///        │
///        ├─ image(namespace, name) ─ target (descriptor) labels created updated
///        ├─ container(id) ─ namespace name* record spec        *unique in the namespace
///        │      └─ container_status(id) ─ status               apart: the part that changes is small
///        └─ lease(namespace, id) ─ labels created expires
///
///     blob(digest) ─ size labels created updated               shared by all namespaces
///     snapshot(driver, key) ─ namespace kind parent labels created updated bytes inodes synced
///
///     reference(from_kind, from_key → to_kind, to_key)         see `Node`; indexed both ways
///     candidate(kind, key)                                     lost a reference; the collector looks at it
///     removal(driver, key)                                     row is gone, the driver must still remove it
///
///     event(sequence) ─ time namespace topic payload           bounded; numbers without gaps
enum Schema {
    /// All migrations, oldest first. A name that has been released never changes and never goes.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator().disablingDeferredForeignKeyChecks()
        migrator.registerMigration("1 first schema") { db in try db.execute(sql: first) }
        // No table changes, but files beside the database that an older Gantry would take for damaged.
        migrator.registerMigration("2 sidecars of two halves") { _ in }
        return migrator
    }

    private static let first = """
        CREATE TABLE namespace (name TEXT PRIMARY KEY, labels TEXT NOT NULL, created INTEGER NOT NULL)
          STRICT, WITHOUT ROWID;
        CREATE TABLE image (
          namespace TEXT NOT NULL REFERENCES namespace, name TEXT NOT NULL, target TEXT NOT NULL, labels TEXT NOT NULL,
          created INTEGER NOT NULL, updated INTEGER NOT NULL, PRIMARY KEY (namespace, name)) STRICT, WITHOUT ROWID;
        CREATE TABLE container (
          id TEXT PRIMARY KEY, namespace TEXT NOT NULL REFERENCES namespace, name TEXT NOT NULL, record TEXT NOT NULL,
          spec TEXT NOT NULL, UNIQUE (namespace, name)) STRICT;
        CREATE TABLE container_status (
          id TEXT PRIMARY KEY REFERENCES container ON DELETE CASCADE, status TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE lease (
          namespace TEXT NOT NULL REFERENCES namespace, id TEXT NOT NULL, labels TEXT NOT NULL,
          created INTEGER NOT NULL, expires INTEGER, PRIMARY KEY (namespace, id)) STRICT, WITHOUT ROWID;
        CREATE INDEX lease_expires ON lease (expires) WHERE expires IS NOT NULL;
        CREATE TABLE blob (
          digest TEXT PRIMARY KEY, size INTEGER NOT NULL, labels TEXT NOT NULL, created INTEGER NOT NULL,
          updated INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE snapshot (
          driver TEXT NOT NULL, key TEXT NOT NULL, namespace TEXT NOT NULL, kind TEXT NOT NULL, parent TEXT,
          labels TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, bytes INTEGER NOT NULL,
          inodes INTEGER NOT NULL, synced INTEGER NOT NULL, PRIMARY KEY (driver, key)) STRICT, WITHOUT ROWID;
        CREATE TABLE reference (
          from_kind INTEGER NOT NULL, from_key TEXT NOT NULL, to_kind INTEGER NOT NULL, to_key TEXT NOT NULL,
          PRIMARY KEY (from_kind, from_key, to_kind, to_key)) STRICT, WITHOUT ROWID;
        CREATE INDEX reference_to ON reference (to_kind, to_key);
        CREATE TABLE candidate (kind INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key))
          STRICT, WITHOUT ROWID;
        CREATE TABLE removal (driver TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (driver, key))
          STRICT, WITHOUT ROWID;
        CREATE TABLE event (
          sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, namespace TEXT NOT NULL, topic TEXT NOT NULL,
          payload TEXT NOT NULL) STRICT;
        """
}
