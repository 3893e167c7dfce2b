import ArgumentParser
import GantryWire

/// The options of `run` and `create` that say what a container is called, and by whom it asks for names.
struct NameOptions: ParsableArguments {
    @Option(name: [.customShort("h"), .long], parsing: .unconditional, help: "Host name in the container.")
    var hostname: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("NIS domain name in the container.", valueName: "domain"))
    var domainname: String?

    @Option(
        name: .customLong("add-host"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Add a line to /etc/hosts.", valueName: "host:address"))
    var extraHosts: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Ask this name server instead of the machine's.", valueName: "address"))
    var dns: [String] = []

    @Option(
        name: .customLong("dns-search"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Search this domain instead of the machine's; . for none.", valueName: "domain"))
    var dnsSearch: [String] = []

    @Option(
        name: [.customLong("dns-option"), .customLong("dns-opt")], parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Option of the resolver instead of the machine's.", valueName: "option"))
    var dnsOptions: [String] = []

    /// Adds what was asked for to the parameters of `containers.create`.
    func add(to request: inout JSONObject) {
        if let hostname { request["hostname"] = .string(hostname) }
        if let domainname { request["domainname"] = .string(domainname) }
        let lists = [
            ("extraHosts", extraHosts), ("dns", dns), ("dnsSearch", dnsSearch), ("dnsOptions", dnsOptions),
        ]
        for (key, values) in lists where !values.isEmpty {
            request[key] = .array(values.map { .string($0) })
        }
    }
}
