package import GantryModel
package import Logging
import Synchronization

/// The configuration as it is now: what a reload can change is read here, at the moment in which it counts.
package final class LiveConfiguration: Sendable {
    /// Keys that take effect without a restart.
    static let keys: Set<String> = ["log_level", "snapshotter", "containers.stop_timeout", "plugins.directory"]

    /// What a reload found.
    struct Outcome: Sendable {
        /// Keys that have changed and count now.
        var changed: [String] = []
        /// Keys that have changed and will count after a restart.
        var later: [String] = []
    }

    /// Reads file, drop-ins and command line again.
    package protocol Source: Sendable {
        /// - Throws: what is wrong, with file and line.
        func read() throws(GantryError) -> Configuration
    }

    private let value: Mutex<Configuration>
    private let source: any Source
    private let level: LogLevel

    /// - Parameter level: what the daemon's loggers look at.
    package init(_ configuration: Configuration, level: LogLevel, source: any Source) {
        value = Mutex(configuration)
        self.level = level
        self.source = source
    }

    var current: Configuration { value.withLock { $0 } }

    /// Takes up what can change at run time. Nothing changes when the configuration is wrong.
    /// - Throws: what is wrong with it, with file and line.
    func reload() throws(GantryError) -> (outcome: Outcome, now: Configuration) {
        let new = try source.read()
        let (outcome, now) = value.withLock { value -> (Outcome, Configuration) in
            var outcome = Outcome()
            for key in ConfigurationKey.all where key.show(value) != key.show(new) {
                if Self.keys.contains(key.path) {
                    outcome.changed.append(key.path)
                } else {
                    outcome.later.append(key.path)
                }
            }
            value.logLevel = new.logLevel
            value.snapshotter = new.snapshotter
            value.stopTimeout = new.stopTimeout
            value.pluginsDirectory = new.pluginsDirectory
            return (outcome, value)
        }
        level.set(now.logLevel)
        return (outcome, now)
    }
}

/// The level of all the daemon's loggers; a logger is a value that is copied, so what can change lies here.
package final class LogLevel: Sendable {
    private let value: Mutex<Logger.Level>

    package init(_ level: Logger.Level) { value = Mutex(level) }

    package var current: Logger.Level { value.withLock { $0 } }

    func set(_ name: String) {
        if let level = Logger.Level(rawValue: name) { value.withLock { $0 = level } }
    }
}

/// Writes to standard error what is at least as grave as the level says at that moment.
package struct LiveLogHandler: LogHandler {
    private var base: StreamLogHandler
    private let level: LogLevel

    package init(_ label: String, level: LogLevel) {
        base = StreamLogHandler.standardError(label: label)
        base.logLevel = .trace
        self.level = level
    }

    package var logLevel: Logger.Level {
        get { level.current }
        set {}
    }

    package var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }

    package func log(event: LogEvent) { base.log(event: event) }
}
