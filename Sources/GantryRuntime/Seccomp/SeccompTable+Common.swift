extension SeccompTable {
    /// Calls that every container may make: they act on what is the process's own, or are checked by the kernel
    /// against the container's namespaces, capabilities and file permissions.
    static let common: [Group] = [
        Group(
            "a process's life, and those of its children",
            """
            capget capset execve execveat exit exit_group fork get_robust_list getpgid getpgrp getpid getppid getpriority
            getsid gettid prctl restart_syscall rseq set_robust_list set_tid_address setpgid setpriority setsid vfork
            wait4 waitid waitpid
            """),
        Group(
            "who the process is",
            """
            getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid getresgid32 getresuid
            getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32
            setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setuid setuid32
            """),
        Group(
            "its limits and its place in the scheduler",
            """
            getcpu getrlimit getrusage ioprio_get ioprio_set prlimit64 sched_get_priority_max sched_get_priority_min
            sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
            sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield
            setrlimit ugetrlimit
            """),
        Group(
            "more confinement for itself, which nobody has to be kept from",
            "landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp"),
        Group(
            "tracing among its own; since Linux 4.8 a tracer cannot get its child around the filter",
            "process_vm_readv process_vm_writev ptrace"),
        Group(
            "signals",
            """
            alarm getitimer kill pause pidfd_open pidfd_send_signal process_mrelease rt_sigaction rt_sigpending
            rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
            rt_tgsigqueueinfo setitimer sigaltstack signalfd signalfd4 sigprocmask sigreturn tgkill tkill
            """),
        Group(
            "memory",
            """
            brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2
            mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages
            """),
        Group(
            "threads that wait for one another",
            """
            futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake get_thread_area set_thread_area
            """),
        Group(
            "the time, and being woken; setting a clock is stopped by its capability",
            """
            adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
            clock_nanosleep clock_nanosleep_time64 gettimeofday nanosleep time timer_create timer_delete timer_getoverrun
            timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64
            timerfd_settime timerfd_settime64 times
            """),
        Group(
            "opening, reading and writing",
            """
            _llseek close close_range copy_file_range creat dup dup2 dup3 fadvise64 fadvise64_64 fallocate fcntl fcntl64
            fdatasync flock fsync ftruncate ftruncate64 ioctl lseek open openat openat2 pread64 preadv preadv2 pwrite64
            pwritev pwritev2 read readahead readv sendfile sendfile64 splice sync sync_file_range syncfs tee truncate
            truncate64 vmsplice write writev
            """),
        Group(
            "names, directories and nodes; what a device node leads to is the device cgroup's business",
            """
            chdir fchdir getcwd getdents getdents64 link linkat mkdir mkdirat mknod mknodat name_to_handle_at readlink
            readlinkat rename renameat renameat2 rmdir symlink symlinkat umask unlink unlinkat
            """),
        Group(
            "what a file says about itself",
            """
            access cachestat chmod chown chown32 faccessat faccessat2 fchmod fchmodat fchmodat2 fchown fchown32 fchownat
            fstat fstat64 fstatat64 fstatfs fstatfs64 futimesat lchown lchown32 listmount lstat lstat64 newfstatat stat
            stat64 statfs statfs64 statmount statx utime utimensat utimensat_time64 utimes
            """),
        Group(
            "extended attributes",
            """
            fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr
            lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat
            """),
        Group(
            "waiting for files, and being told of changes",
            """
            _newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
            epoll_wait_old eventfd eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch
            poll ppoll ppoll_time64 pselect6 pselect6_time64 select
            """),
        Group(
            "asynchronous input and output; not io_uring, whose operations no filter sees",
            "io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit"),
        Group(
            "sockets, but for the call that makes one",
            """
            accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64
            recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair
            """),
        Group("pipes", "pipe pipe2"),
        Group(
            "System V and POSIX messages, semaphores and shared memory, of the container's own namespace",
            """
            ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
            mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt
            shmget
            """),
        Group("the machine", "getrandom sysinfo uname"),
        Group(
            "a processor's own",
            """
            arch_prctl arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush modify_ldt riscv_hwprobe set_tls
            sync_file_range2 uretprobe
            """),
    ]
}
