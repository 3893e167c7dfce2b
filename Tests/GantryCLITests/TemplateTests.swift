import GantryWire
import Testing

@testable import GantryCLI

@Suite struct TemplateTests {
    private let container: JSON = [
        "Id": "4f2a", "Name": "/web", "State": ["Pid": 42, "Running": true, "Error": nil],
        "Config": ["Env": ["A=1", "B=<2>"], "Labels": ["role.io/x": "front"], "Cmd": []],
    ]

    @Test(arguments: [
        ("{{.State.Pid}}", "42"),
        ("{{ .Id }} is {{.State.Running}}", "4f2a is true"),
        (#"{{.Id}}\t{{.Name}}\n"#, "4f2a\t/web\n"),
        ("{{json .State}}", #"{"Pid":42,"Running":true,"Error":null}"#),
        ("{{json .Config.Env}}", #"["A=1","B=<2>"]"#),
        ("{{.Config.Env}}", "[A=1 B=<2>]"),
        ("{{.Config.Labels}}", "map[role.io/x:front]"),
        ("{{.State.Error}}", "<no value>"),
        ("{{.Name | upper}}", "/WEB"),
        ("{{upper .Name | lower | json}}", #""/web""#),
        (#"{{join .Config.Env ", "}}"#, "A=1, B=<2>"),
        (#"{{index .Config.Labels "role.io/x"}}"#, "front"),
        (#"{{index .Config.Labels "absent"}}"#, ""),
        ("{{index .Config.Env 1}}", "B=<2>"),
        ("{{len .Config.Env}}", "2"),
        ("a {{- .Id -}} b", "a4f2ab"),
        (#"{{"}}"}}{{`\t`}}{{"\t"}}"#, "}}\\t\t"),
        (#"{{split .Name "e" | len}}"#, "2"),
        ("{{println .Id}}", "4f2a\n"),
        ("plain", "plain"),
        ("", ""),
    ])
    func renders(_ source: String, _ text: String) throws {
        #expect(try Template(parsing: source).render(container) == text)
    }

    @Test(arguments: [
        ("{{.State.Pdi}}", "no field 'Pdi' at '.State'"), ("{{.state}}", "no field 'state' at the top"),
        ("{{.Id.x}}", "no field 'x' at '.Id'"), ("{{index .Config.Env 7}}", "7 is out of range"),
        ("{{join .Id}}", "takes a list and a text"), ("{{.Id .Name}}", "a field takes no arguments"),
    ])
    func saysWhatIsWrongWithAValue(_ source: String, _ reason: String) throws {
        let template = try Template(parsing: source)
        let error = #expect(throws: TemplateError.self) { try template.render(container) }
        #expect(error?.description.contains(reason) == true, "\(error as Any)")
    }

    @Test(arguments: [
        ("{{.Id", "without '}}'"), ("{{}}", "empty"), ("{{.Id | }}", "empty"), ("{{range .Config.Env}}", "'range'"),
        ("{{frob .Id}}", "no function 'frob'"), ("{{.a..b}}", "no field path"), (#"{{"abc}}"#, "without '}}'"),
        ("{{Id}}", "no function 'Id'"), ("{{index (.Env) 1}}", "parentheses"),
    ])
    func saysWhatIsWrongWithATemplate(_ source: String, _ reason: String) {
        let error = #expect(throws: TemplateError.self) { try Template(parsing: source) }
        #expect(error?.description.contains(reason) == true, "\(error as Any)")
    }
}
