import GantryModel
import GantryWire

/// Moments of the daemon's answers, seen from `now`.
struct Ago {
    /// When the listing is made.
    let now: Timestamp

    /// "3 minutes" since the moment that `json` holds as RFC 3339; nil when it holds none.
    func duration(since json: JSON?) -> HumanDuration? {
        guard let text = json?.string, let moment = try? Timestamp(text) else { return nil }
        return HumanDuration(seconds: now.seconds - moment.seconds)
    }

    /// "3 minutes ago", or "N/A" where nobody knows.
    func ago(_ json: JSON?) -> String {
        duration(since: json).map { "\($0) ago" } ?? "N/A"
    }

    /// "2026-11-23 21:32:12 +0000 UTC", docker's way to write a moment. Always UTC: no zone files are read.
    static func date(_ json: JSON?) -> String {
        guard let text = json?.string, let moment = try? Timestamp(text) else { return "N/A" }
        // 2026-11-23T21:32:12Z
        let plain = Timestamp(seconds: moment.seconds).description.utf8
        return String(plain.prefix(10))! + " " + String(plain.dropFirst(11).dropLast())! + " +0000 UTC"
    }
}
