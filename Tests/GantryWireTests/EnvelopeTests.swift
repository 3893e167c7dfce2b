import GantryWire
import Testing

@Suite struct EnvelopeTests {
    @Test(arguments: [
        Envelope.request(id: .int(7), method: "a.b", params: ["x": 1]),
        .request(id: .string("q"), method: "a.b", params: [:]),
        .notification(method: "$/cancel", params: ["id": 7]),
        .result(id: .int(1), .null),
        .failure(id: nil, ErrorBody(.invalidArgument, "m", cause: "c", field: "f", number: ErrorBody.parseError)),
        .failure(id: .int(.max), ErrorBody(.notFound, "get 'x': no such container")),
    ])
    func roundTrip(_ message: Envelope) throws {
        var reader = FrameReader()
        reader.append(message.frame())
        let object = try #require(try reader.nextObject())
        #expect(try Envelope(object) == message)
    }

    @Test func bytesOnTheWire() throws {
        let request = Envelope.request(id: .int(1), method: "rpc.hello", params: ["protocol": 1])
        let text = String(decoding: request.frame().dropFirst(4), as: UTF8.self)
        #expect(text == #"{"jsonrpc":"2.0","id":1,"method":"rpc.hello","params":{"protocol":1}}"#)
        let failure = Envelope.failure(id: .int(1), ErrorBody(.notFound, "m"))
        #expect(
            String(decoding: failure.frame().dropFirst(4), as: UTF8.self)
                == #"{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"m","data":{"code":"not_found"}}}"#)
    }

    @Test func rawResultsAreResults() throws {
        var bytes: [UInt8] = []
        Envelope.appendResult(id: .int(3), json: Array(#"{"a":1}"#.utf8), into: &bytes)
        #expect(bytes == Envelope.result(id: .int(3), ["a": 1]).frame())
    }

    @Test(arguments: [
        #"{}"#, #"{"jsonrpc":"1.0","id":1,"method":"a"}"#, #"{"jsonrpc":"2.0","id":1}"#,
        #"{"jsonrpc":"2.0","id":1,"method":5}"#, #"{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}"#,
        #"{"jsonrpc":"2.0","id":null,"method":"a"}"#, #"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#,
        #"{"jsonrpc":"2.0","result":1}"#,
    ])
    func refuses(text: String) throws {
        let object = try #require(try JSON.parse(text).object)
        #expect(throws: EnvelopeError.self) { try Envelope(object) }
    }

    @Test func refusalKeepsTheId() throws {
        let object = try #require(try JSON.parse(#"{"jsonrpc":"2.0","id":9,"method":5}"#).object)
        #expect { try Envelope(object) } throws: { ($0 as? EnvelopeError)?.id == .int(9) }
    }

    @Test func foreignErrorsAreRead() {
        #expect(ErrorBody(["code": -32601, "message": "m"]).code == .unimplemented)
        #expect(ErrorBody(["code": 5]).code == .internal)
        #expect(ErrorBody(["code": -32000, "data": ["code": "data_loss"]]).code == .dataLoss)
        #expect(ErrorBody("nonsense").message == "")
    }

    @Test func theTableIsInjectiveOnNumbers() {
        #expect(Set(ErrorCode.allCases.map(\.rpcNumber)).count == ErrorCode.allCases.count)
        #expect(
            ErrorCode.allCases.allSatisfy { (400..<600).contains($0.httpStatus) && (1...254).contains($0.exitStatus) })
        #expect(ErrorCode.unimplemented.rpcNumber == -32601)
        #expect(ErrorCode.invalidArgument.rpcNumber == -32602)
        #expect(ErrorCode(rawValue: "failed_precondition") == .failedPrecondition)
    }
}
