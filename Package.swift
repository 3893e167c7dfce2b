// swift-tools-version: 6.2
import PackageDescription

/// Every target of Gantry is compiled like this; `Tests/GantryStyleTests` holds the arrows between the targets.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// The shim is linked static always, so that it starts in a millisecond and its pages are shared by all shims.
let staticShim: [LinkerSetting] = [
    .unsafeFlags(["-static-executable", "-Xlinker", "--gc-sections"])
]

/// The command line tool is static in release only: its argument parser needs FoundationEssentials, which
/// links statically only together with `--static-swift-stdlib` (`make build` passes it).
let staticTool: [LinkerSetting] = [
    .unsafeFlags(["-static-executable", "-Xlinker", "--gc-sections"], .when(configuration: .release))
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "gantry",
    products: [
        .executable(name: "gantryd", targets: ["gantryd"]),
        .executable(name: "gantry", targets: ["gantry"]),
        .executable(name: "gantry-shim", targets: ["gantry-shim"]),
        .executable(name: "gantry-conformance", targets: ["gantry-conformance"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // 0 kernel
        .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CIsal", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CCurl"),
        module("GantrySystem", ["CLinux"]),
        module("GantryHost", ["GantrySystem", "CCrypto", "CSeccomp"]),
        // 1 values
        module("GantryWire"),
        module("GantryErofs", ["GantrySystem"]),
        module("GantryTar", ["GantryErofs", "GantrySystem"]),
        module("GantryModel", ["GantryWire"]),
        // 2 contracts
        module("GantryCore", ["GantryModel", "GantryWire", "GantrySystem", "GantryHost"]),
        module("GantryRPC", ["GantryModel", "GantryWire", "GantrySystem", "GantryHost"]),
        // 3 remote
        module("GantryClient", ["GantryModel", "GantryWire", "GantrySystem"]),
        module("GantryRemote", ["GantryCore", "GantryClient", "GantrySystem"]),
        // 4 features: siblings never meet
        module(
            "GantryStore", ["GantryCore", "GantryHost", "GantrySystem", .product(name: "GRDB", package: "GRDB.swift")]),
        module("GantrySnapshots", ["GantryCore", "GantryErofs", "GantryHost", "GantrySystem"]),
        module("GantryDiff", ["GantryCore", "GantryTar", "GantryHost", "GantrySystem", "CIsal", "CZstd"]),
        module("GantryImages", ["GantryCore", "GantryHost", "GantrySystem", "CCurl"]),
        module("GantryRuntime", ["GantryCore", "GantryHost", "GantrySystem"]),
        module("GantryShim", ["GantrySystem", "GantryWire"]),
        // 5 compose
        module(
            "GantryDaemon",
            [
                "GantryCore", "GantryRPC", "GantryHost", "GantrySystem", "GantryStore", "GantrySnapshots", "GantryDiff",
                "GantryTar",
                "GantryImages", "GantryRuntime", "GantryRemote", "TOMLKit",
                .product(name: "Logging", package: "swift-log"),
            ]),
        module(
            "GantryCLI",
            [
                "GantryClient", "GantryModel", "GantryTar", "GantryWire", "GantrySystem",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // beside
        module("GantryTesting", ["GantryCore", "GantryHost", "GantrySystem"]),
        module("GantryConformance", ["GantryTesting", "GantryRemote", "GantryStore", "GantryCore", "GantrySystem"]),
        // executables
        .executableTarget(
            name: "gantryd",
            dependencies: [
                "GantryDaemon", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "gantry", dependencies: ["GantryCLI"], swiftSettings: strict, linkerSettings: staticTool),
        .executableTarget(
            name: "gantry-shim", dependencies: ["GantryShim"], swiftSettings: strict, linkerSettings: staticShim),
        .executableTarget(
            name: "gantry-conformance",
            dependencies: [
                "GantryConformance", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        // what `make bench` measures the Swift client with
        .executableTarget(
            name: "rpc-bench", dependencies: ["GantryClient", "GantrySystem", "GantryWire"], path: "bench/rpc-bench",
            swiftSettings: strict),
        // tests
        .target(
            name: "RegistryFixture", dependencies: ["GantrySystem"], path: "Tests/RegistryFixture",
            exclude: ["Resources"], swiftSettings: strict),
        tests("GantrySystemTests", ["GantrySystem"]),
        tests("GantryWireTests", ["GantryWire"]),
        tests("GantryModelTests", ["GantryModel"]),
        tests("GantryHostTests", ["GantryHost", "GantryModel"]),
        tests("GantryRPCTests", ["GantryRPC", "GantryClient"]),
        tests("GantryStoreTests", ["GantryStore", "GantryTesting"]),
        .testTarget(
            name: "GantryRemoteTests",
            dependencies: ["GantryRemote", "GantryTesting", "GantryConformance", "GantryCore", "GantrySystem"],
            exclude: ["Resources"], swiftSettings: strict),
        tests("GantrySnapshotsTests", ["GantrySnapshots", "GantryTesting"]),
        tests(
            "GantryImagesTests", ["GantryImages", "GantryStore", "GantrySnapshots", "GantryDiff", "RegistryFixture"]),
        tests("GantryDiffTests", ["GantryDiff", "GantryErofs", "GantryTar", "GantrySnapshots", "GantryTesting"]),
        tests(
            "GantryCLITests",
            [
                "GantryCLI", "GantryModel", "GantryWire", "GantrySystem", "gantry",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        tests("GantryRuntimeTests", ["GantryRuntime", "GantryHost", "GantryModel", "GantrySystem", "GantryWire"]),
        tests("GantryShimTests", ["GantryShim", "GantrySystem", "GantryWire"]),
        tests("GantryDaemonTests", ["GantryDaemon", "GantryRemote", "GantryModel", "GantrySystem"]),
        .testTarget(
            name: "GantryIntegrationTests",
            dependencies: [
                "GantryClient", "GantryModel", "GantrySystem", "GantryTesting", "GantryWire", "RegistryFixture",
            ],
            exclude: ["Resources"], swiftSettings: strict),
        tests("GantryStyleTests", []),
    ]
)
