import GantryWire

/// The names that people give to containers: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`, at most 255 characters.
public enum ContainerName {
    /// Checks a name.
    /// - Throws: `.invalidArgument` that says what is wrong.
    public static func validate(_ name: String) throws(GantryError) {
        let bytes = name.utf8
        guard bytes.count >= 2 else {
            throw GantryError(.invalidArgument, "name container '\(name)': a name has at least two characters")
        }
        guard bytes.count <= 255 else {
            throw GantryError(.invalidArgument, "name container '\(name)': a name has at most 255 characters")
        }
        guard let first = bytes.first, isAlphanumeric(first),
            bytes.dropFirst().allSatisfy({ isAlphanumeric($0) || "_.-".utf8.contains($0) })
        else {
            throw GantryError(
                .invalidArgument,
                "name container '\(name)': only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed in a name")
        }
    }

    /// Draws a name of two words, `adjective_noun`; from the fourth attempt on with a number behind it.
    ///
    /// The caller knows which names are taken and counts its attempts from 0.
    public static func random(attempt: Int = 0, using generator: inout some RandomNumberGenerator) -> String {
        let adjective = adjectives[Int.random(in: 0..<adjectives.count, using: &generator)]
        let noun = nouns[Int.random(in: 0..<nouns.count, using: &generator)]
        guard attempt >= 3 else { return "\(adjective)_\(noun)" }
        return "\(adjective)_\(noun)\(Int.random(in: 0..<1_000_000, using: &generator))"
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    private static let adjectives = words(
        """
        able agile amber ample apt arctic azure balmy bold brave breezy bright brisk calm candid civil clear clever
        coastal copper coral cosy crisp curious daring deft dewy eager early earnest easy even fair fleet fond frank
        fresh gentle glad golden grand green handy hardy hazel honest humble ivory jolly keen kind large level light
        lively lofty loyal lucid lunar mellow merry mild modest neat nimble noble open patient placid plain plucky
        polite proud quick quiet ready robust rosy ruby rustic sage silver smooth snug solar spry stable steady stout
        sturdy sunny swift tidy timely tranquil trim trusty upbeat vivid warm wise witty zesty
        """)

    private static let nouns = words(
        """
        anchor anvil barge beacon bollard boom bosun bow breaker bridge brig bulkhead buoy cabin cable canal capstan
        cargo carrack clipper coaster compass cove crane crate current cutter davit deck derrick dinghy dock dredger
        ebb estuary fathom fender ferry fjord flag foghorn freighter galley gantry gull gunwale halyard harbour
        hatch hawser helm hoist hull inlet jetty jib keel kelp ketch lagoon lantern latch lighter locker lock
        longboat lugger marina mast mooring oar packet pennant pier pilot pinnace pontoon port portside prow pulley
        quay raft reef rigging rudder sail schooner sextant shackle shoal signal skiff sloop spar stern surf tackle
        tender tide tiller trawler tug tundra wake wharf winch windlass yawl
        """)

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
