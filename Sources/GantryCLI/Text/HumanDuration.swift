/// How long something takes or has lasted, in the words that docker uses: "3 seconds", "About a minute", "2 weeks".
///
/// Rounded down, but for hours, which are rounded to the nearest as docker does.
struct HumanDuration: CustomStringConvertible {
    let seconds: Int64

    init(seconds: Int64) { self.seconds = max(0, seconds) }

    var description: String {
        let minutes = seconds / 60
        let hours = (seconds + 1800) / 3600
        return switch true {
        case seconds < 1: "Less than a second"
        case seconds == 1: "1 second"
        case seconds < 60: "\(seconds) seconds"
        case minutes == 1: "About a minute"
        case minutes < 60: "\(minutes) minutes"
        case hours == 1: "About an hour"
        case hours < 48: "\(hours) hours"
        case hours < 24 * 7 * 2: "\(hours / 24) days"
        case hours < 24 * 30 * 2: "\(hours / 24 / 7) weeks"
        case hours < 24 * 365 * 2: "\(hours / 24 / 30) months"
        default: "\(seconds / 3600 / 24 / 365) years"
        }
    }
}
