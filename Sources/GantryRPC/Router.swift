import GantryWire

/// The methods by name, `rpc.discover` among them.
struct Router: Sendable {
    private let methods: [String: Method]

    /// Two methods of one name are a mistake in the wiring that nothing at run time can mend.
    init(_ declared: [Method], name: String, version: String) {
        var methods: [String: Method] = [:]
        let document = Discovery.document(declared + [Self.discover([])], name: name, version: version).encoded()
        for method in declared + [Self.discover(document)] {
            precondition(methods.updateValue(method, forKey: method.name) == nil, "\(method.name) is declared twice")
        }
        self.methods = methods
    }

    subscript(_ name: String) -> Method? { methods[name] }

    private static func discover(_ document: [UInt8]) -> Method {
        Method(
            "rpc.discover", "Describes every method of this daemon.", result: "An OpenRPC document.",
            bytes: { _, bytes in bytes.append(contentsOf: document) })
    }
}
