import GantryClient
import GantrySystem
import GantryWire

// Measures `containers.get` through GantryClient, one connection: `rpc-bench SOCKET CONTAINER SECONDS`.
// Prints {"calls", "p50_us", "p99_us"}, as bench/rpc_client.c does for a client in C.

let arguments = CommandLine.arguments
guard arguments.count == 4, let seconds = Double(arguments[3]) else {
    try File.write(2, "usage: rpc-bench SOCKET CONTAINER SECONDS\n")
    Processes.exit(2)
}

do {
    let client = try Client(path: arguments[1])
    let params: JSONObject = ["container": .string(arguments[2])]
    for _ in 0..<200 { _ = try client.call("containers.get", params) }
    var samples = [Int64]()
    let end = Clock.monotonic + Int64(seconds * 1e9)
    var before = Clock.monotonic
    while before < end {
        _ = try client.call("containers.get", params)
        let after = Clock.monotonic
        samples.append(after - before)
        before = after
    }
    samples.sort()
    let result: JSON = [
        "calls": .int(Int64(samples.count)), "p50_us": .double(Double(samples[samples.count / 2]) / 1000),
        "p99_us": .double(Double(samples[samples.count * 99 / 100]) / 1000),
    ]
    try File.write(1, result.text + "\n")
} catch {
    try File.write(2, "rpc-bench: \(error)\n")
    Processes.exit(1)
}
