/// Which system calls a container may make by default: Docker's choice, written down by subject.
///
/// The table is the source; `config/seccomp/default.json` is the same in the form that `--security-opt seccomp=FILE`
/// takes, and a test holds the two equal. A call stands in exactly one of three places:
///
/// * `common`: open to every container;
/// * `gated`: open to a container that holds a capability, since it is of use to no other;
/// * the rules of `SeccompProfile.standard`: `clone`, `personality` and `socket`, open for some arguments only, and
///   `clone3`, whose arguments no filter can see.
///
/// Everything else is refused with EPERM. Names are those of all architectures together: what one of them does not have
/// stands for nothing there.
///
/// Source: the seccomp profile that Docker Engine 28 documents; seccomp(2), syscalls(2), capabilities(7).
enum SeccompTable {
    /// A group of calls with the reason why they are where they are.
    struct Group: Sendable {
        let reason: String
        let calls: [String]

        init(_ reason: String, _ calls: String) {
            self.reason = reason
            self.calls = calls.split(whereSeparator: \.isWhitespace).map(String.init)
        }
    }

    /// A group that a capability opens.
    struct Gate: Sendable {
        let capability: String
        let calls: [String]

        init(_ capability: String, _ calls: String) {
            self.capability = capability
            self.calls = calls.split(whereSeparator: \.isWhitespace).map(String.init)
        }
    }

    /// Calls of use to the kernel's administrators, by the capability that the kernel asks for as well.
    static let gated: [Gate] = [
        Gate("CAP_BPF", "bpf"),
        Gate("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
        Gate("CAP_PERFMON", "perf_event_open"),
        Gate(
            "CAP_SYS_ADMIN",
            """
            bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie
            lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open
            quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
            """),
        Gate("CAP_SYS_BOOT", "reboot"),
        Gate("CAP_SYS_CHROOT", "chroot"),
        Gate("CAP_SYS_MODULE", "delete_module finit_module init_module"),
        Gate("CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
        Gate("CAP_SYS_PACCT", "acct"),
        Gate("CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise"),
        Gate("CAP_SYS_RAWIO", "ioperm iopl"),
        Gate("CAP_SYS_TIME", "clock_settime clock_settime64 settimeofday stime"),
        Gate("CAP_SYS_TTY_CONFIG", "vhangup"),
        Gate("CAP_SYSLOG", "syslog"),
    ]

    /// Execution domains that change nothing but what uname(2) says and how addresses are laid out: PER_LINUX,
    /// PER_LINUX32, each also with UNAME26, and the question for the present one.
    static let personalities: [UInt64] = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff]

    /// The CLONE_NEW… flags that make a namespace: cgroup, uts, ipc, user, pid, net and mount.
    ///
    /// A user namespace made without privilege opens much of the kernel that no container was meant to reach.
    static let namespaceFlags: UInt64 = 0x7e02_0000

    /// AF_VSOCK: not confined by a network namespace, it leads to the hypervisor.
    static let vsock: UInt64 = 40
}
