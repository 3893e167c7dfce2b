import GantrySystem
import Testing

extension Integration {
    /// A profile of AppArmor's that the machine has is the one that the container's processes get.
    @Suite(
        .enabled(
            if: Machine.read("/sys/module/apparmor/parameters/enabled").hasPrefix("Y"),
            "this machine's kernel has no AppArmor"))
    struct AppArmorTests {
        /// Everything but one file. Links and mounts of the runtime lead into the root from outside: hence the flag.
        private static func profile(_ name: String) -> String {
            """
            profile \(name) flags=(attach_disconnected,mediate_deleted) {
                file,
                capability,
                network,
                mount,
                umount,
                pivot_root,
                signal,
                ptrace,
                deny /secret rwlk,
            }
            """
        }

        @Test(arguments: ["crun", "runc"])
        func profilesArePassedOn(_ runtime: String) throws {
            try Machine.require(program: "apparmor_parser")
            try withEngine { (engine: Engine) throws in
                let name = "gantry-test-\(engine.mark)"
                let file = engine.scratch + "/profile"
                try File.replace(file, with: Array(Self.profile(name).utf8), sync: false)
                let loaded = try engine.shell("apparmor_parser --add --skip-cache '\(file)'")
                try #require(loaded.status == 0, "\(loaded.errorText)")
                defer { _ = try? engine.shell("apparmor_parser --remove '\(file)'") }
                let script = "cat /proc/self/attr/current; echo open > /open && cat /open; echo closed > /secret"
                let confined = try engine.run([
                    "run", "--name", "confined", "--runtime", runtime, "--security-opt", "apparmor=\(name)", "busybox",
                    "sh", "-c", script,
                ])
                #expect(confined.lines == ["\(name) (enforce)", "open"], "\(confined.errorText)")
                #expect(confined.errorText.contains("Permission denied"))
                #expect(confined.status == 1)
                #expect(
                    try engine.must("inspect", "-f", "{{.HostConfig.SecurityOpt}}", "confined").contains(
                        "apparmor=\(name)"))
                // Without the word for it, and with the word for none, it may write there.
                for options in [[], ["--security-opt", "apparmor=unconfined"]] {
                    let free = try engine.run(
                        ["run", "--rm", "--runtime", runtime] + options + ["busybox", "sh", "-c", script])
                    #expect(free.lines == ["unconfined", "open"] && free.status == 0, "\(free.errorText)")
                }
                // An exec is no way around it; only a privileged one is without.
                try engine.must(
                    "run", "-d", "--name", "lasting", "--runtime", runtime, "--security-opt", "apparmor=\(name)",
                    "busybox", "sleep", "1000")
                #expect(try engine.must("exec", "lasting", "cat", "/proc/self/attr/current") == "\(name) (enforce)")
                #expect(try engine.run(["exec", "lasting", "touch", "/secret"]).status == 1)
                // What is not there is refused by name, and nothing has run.
                let absent = try engine.run([
                    "run", "--rm", "--runtime", runtime, "--security-opt", "apparmor=no-such-profile", "busybox",
                    "true",
                ])
                #expect(absent.status == 125 || absent.status == 126, "\(absent.errorText)")
                #expect(
                    absent.errorText.contains("attr/exec") || absent.errorText.contains("apparmor"),
                    "\(absent.errorText)")
            }
        }
    }
}
