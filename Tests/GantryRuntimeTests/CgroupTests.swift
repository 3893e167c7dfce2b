import GantryWire
import Testing

@testable import GantryRuntime

/// Where a container's cgroup is by each driver's rules, and what runtimes are told about limits.
struct CgroupTests {
    private let place = CgroupPlace(namespace: "team", id: "c1")

    @Test(arguments: [
        ("", "gantry.slice"), ("web.slice", "web.slice"), ("a-b.slice", "a.slice/a-b.slice"),
        ("a-b-c.slice", "a.slice/a-b.slice/a-b-c.slice"),
    ])
    func slices(parent: String, directory: String) {
        #expect(CgroupPlace(namespace: "team", id: "c1", parent: parent).sliceDirectory == directory)
    }

    @Test func paths() throws {
        let (plain, systemd) = (Cgroups(driver: .cgroupfs), Cgroups(driver: .systemd))
        #expect(plain.path(place) == "/gantry/team/c1")
        #expect(systemd.path(place) == "gantry.slice:gantry:c1")
        let memory = try #require(systemd.directory(place, controller: "memory"))
        #expect(memory.hasSuffix("/gantry.slice/gantry-c1.scope"))
        // Without a cgroup of crun's in it the scope is what has the limits, and systemd knows them.
        #expect(systemd.limits(place, controller: "memory") == memory)
        #expect(systemd.belongToSystemd(place) && !plain.belongToSystemd(place))
    }

    @Test func systemdIsToldThatNoLimitIsNoLimit() {
        let systemd = Cgroups(driver: .systemd)
        let key = "org.systemd.property.TasksMax"
        var resources = ContainerSettings.Resources()
        #expect(systemd.annotations(resources, isCrun: false)[key] == "uint64 18446744073709551615")
        resources.pidsLimit = -1
        #expect(systemd.annotations(resources, isCrun: false)[key] != nil)
        resources.pidsLimit = 50
        #expect(systemd.annotations(resources, isCrun: false)[key] == nil)
        #expect(Cgroups(driver: .cgroupfs).annotations(resources, isCrun: true) == [:])
    }

    @Test func everyLimitHasAWord() {
        var resources = ContainerSettings.Resources()
        #expect(
            resources.completeSpecification == [
                "memory": ["limit": -1, "swap": -1], "cpu": ["quota": -1, "period": 100_000], "pids": ["limit": -1],
            ])
        resources.memory = 64 << 20
        resources.nanoCPUs = 500_000_000
        resources.pidsLimit = 7
        #expect(
            resources.completeSpecification == [
                "memory": ["limit": .int(64 << 20), "swap": .int(128 << 20)],
                "cpu": ["quota": 50_000, "period": 100_000], "pids": ["limit": 7],
            ])
    }
}
