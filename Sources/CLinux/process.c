#include "clinux_process.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

extern char **environ;

enum { STACK = 64 * 1024, MOST_FDS = 64 };

struct child {
    const struct cl_program *spawn;
    int failure; // written by the child, read by the parent: they share memory until exec
};

static void default_signals(void) {
    // The raw call: libc's refuses its own signals 32 and 33, which a caller may have left ignored all the same.
    struct {
        void *handler;
        unsigned long flags, restorer, mask;
    } action = {0};
    for (int signal = 1; signal < NSIG; signal++) syscall(SYS_rt_sigaction, signal, &action, NULL, 8);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// Runs on a stack of its own in the parent's memory while the parent's thread stands still: plain system calls only.
static int run_child(void *argument) {
    struct child *child = argument;
    const struct cl_program *spawn = child->spawn;
    int copies[MOST_FDS];
    // First out of the way of all targets, then into place: the sources may overlap them in any order.
    for (int i = 0; i < spawn->fd_count; i++) {
        int source = spawn->fds[i];
        if (source < 0) {
            source = open("/dev/null", O_RDWR | O_CLOEXEC);
            if (source < 0) goto failed;
        }
        copies[i] = fcntl(source, F_DUPFD_CLOEXEC, spawn->fd_count + 3);
        if (copies[i] < 0) goto failed;
    }
    for (int i = 0; i < spawn->fd_count; i++)
        if (dup2(copies[i], i) < 0) goto failed;
    if (syscall(SYS_close_range, spawn->fd_count, UINT_MAX, 0) < 0) goto failed;
    if (spawn->new_session && setsid() < 0) goto failed;
    if (spawn->foreground) {
        // With every signal blocked still, the terminal does not stop us for it. No terminal is no failure.
        if (setpgid(0, 0) < 0) goto failed;
        if (tcsetpgrp(0, getpid()) < 0 && errno != ENOTTY && errno != ENXIO && errno != EBADF) goto failed;
    }
    if (spawn->directory && chdir(spawn->directory) < 0) goto failed;
    default_signals();
    if (spawn->death_signal && prctl(PR_SET_PDEATHSIG, spawn->death_signal) < 0) goto failed;
    execve(spawn->path, spawn->argv, spawn->envp);
failed:
    child->failure = errno;
    _exit(127);
}

int cl_spawn(const struct cl_program *spawn, int *pidfd) {
    if (spawn->fd_count > MOST_FDS) return -EINVAL;
    struct child child = {.spawn = spawn};
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return -errno;
    // No handler of the parent's may run in the child while it borrows the parent's memory.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int fd = -1;
    int pid = clone(run_child, stack + STACK, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &child, &fd);
    int failure = pid < 0 ? errno : child.failure;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    munmap(stack, STACK);
    if (pid < 0) return -failure;
    if (failure) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
        close(fd);
        return -failure;
    }
    *pidfd = fd;
    return pid;
}

// Stays until the other end of the pipe is closed: by us, or by the end of this process.
static int wait_in_namespace(void *argument) {
    int *ends = argument;
    char byte;
    // Everything but our end: a copy of another thread's pipe, held here, would keep that one's child waiting, and a copy of
    // a client's socket would keep it open.
    if (ends[0] > 0) syscall(SYS_close_range, 0, ends[0] - 1, 0);
    syscall(SYS_close_range, ends[0] + 1, UINT_MAX, 0);
    while (syscall(SYS_read, ends[0], &byte, 1) < 0 && errno == EINTR) {
    }
    syscall(SYS_exit, 0);
    return 0;
}

static int write_map(int pid, const char *name, const char *map) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int fd = (int)RESULT(open(path, O_WRONLY | O_CLOEXEC));
    if (fd < 0) return fd;
    int result = (int)RESULT(write(fd, map, strlen(map)));
    close(fd);
    return result < 0 ? result : 0;
}

int cl_user_namespace(const char *uid_map, const char *gid_map) {
    int ends[2];
    int result = (int)RESULT(pipe2(ends, O_CLOEXEC));
    if (result < 0) return result;
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) {
        result = -errno;
        close(ends[0]);
        close(ends[1]);
        return result;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // It shares our memory, so that nothing is copied, and runs beside us on a stack of its own: system calls only.
    int pid = (int)RESULT(clone(wait_in_namespace, stack + STACK, CLONE_VM | CLONE_NEWUSER | SIGCHLD, ends));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    result = pid;
    if (pid > 0) {
        result = write_map(pid, "uid_map", uid_map);
        if (result == 0) result = write_map(pid, "gid_map", gid_map);
        if (result == 0) {
            char path[64];
            snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
            result = (int)RESULT(open(path, O_RDONLY | O_CLOEXEC));
        }
    }
    close(ends[1]);
    if (pid > 0) {
        // Not by the pipe alone: two that are made at once have each other's ends until they have closed them.
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR) {
        }
    }
    close(ends[0]);
    munmap(stack, STACK);
    return result;
}

int cl_act_as(uint32_t uid, uint32_t gid) {
    // Without it, a file system user that is not root takes away what overrides permissions.
    int result = (int)RESULT(prctl(PR_SET_SECUREBITS, 1 << 2 /* SECBIT_NO_SETUID_FIXUP */, 0, 0, 0));
    if (result < 0) return result;
    // By number: libc's may tell other threads. They answer the id before, so that a second call says what became of it.
    syscall(SYS_setfsgid, gid);
    syscall(SYS_setfsuid, uid);
    if ((uint32_t)syscall(SYS_setfsgid, -1) != gid || (uint32_t)syscall(SYS_setfsuid, -1) != uid) return -EPERM;
    return 0;
}

int cl_execve(const char *path, char *const *argv, char *const *envp) { return (int)RESULT(execve(path, argv, envp)); }
int cl_pidfd_open(int pid) { return (int)RESULT(syscall(SYS_pidfd_open, pid, 0)); }
int cl_pidfd_send_signal(int pidfd, int signal) {
    return (int)RESULT(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

static int wait_for(idtype_t type, id_t id, int options, struct cl_exit *out) {
    siginfo_t info = {0};
    int result = (int)RETRY(waitid(type, id, &info, WEXITED | options));
    if (result < 0) return result;
    if (info.si_pid == 0) return 0;
    *out = (struct cl_exit){.pid = info.si_pid, .code = info.si_code, .status = info.si_status};
    return 1;
}

int cl_wait_pidfd(int pidfd, int nohang, struct cl_exit *exit) {
    return wait_for(P_PIDFD, (id_t)pidfd, nohang ? WNOHANG : 0, exit);
}
int cl_wait_any(struct cl_exit *exit) { return wait_for(P_ALL, 0, WNOHANG | __WALL, exit); }
int cl_kill(int pid, int signal) { return (int)RESULT(kill(pid, signal)); }
int cl_getpid(void) { return getpid(); }
int cl_getppid(void) { return getppid(); }
uint32_t cl_geteuid(void) { return geteuid(); }
uint32_t cl_getegid(void) { return getegid(); }
int cl_setsid(void) { return (int)RESULT(setsid()); }
int cl_set_subreaper(void) { return (int)RESULT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)); }
int cl_set_parent_death_signal(int signal) { return (int)RESULT(prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)); }
int cl_set_name(const char *name) { return (int)RESULT(prctl(PR_SET_NAME, name, 0, 0, 0)); }

int cl_getrlimit(int resource, uint64_t *soft, uint64_t *hard) {
    struct rlimit limit;
    int result = (int)RESULT(getrlimit(resource, &limit));
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return result;
}
int cl_setrlimit(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    return (int)RESULT(setrlimit(resource, &limit));
}
void cl_reset_signals(void) { default_signals(); }
void cl_ignore_signal(int signal_number) { signal(signal_number, SIG_IGN); }
void cl_exit(int status) { exit(status); }
char **cl_environ(void) { return environ; }

int cl_uname(char *system, char *release, char *machine, char *node) {
    struct utsname name;
    int result = (int)RESULT(uname(&name));
    if (result < 0) return result;
    strcpy(system, name.sysname);
    strcpy(release, name.release);
    strcpy(machine, name.machine);
    strcpy(node, name.nodename);
    return 0;
}
int64_t cl_memory_bytes(void) { return (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE); }
void cl_trim_memory(void) { malloc_trim(0); }
void cl_forget_text(void) {
    // Of the linker. Between them are pages of the file that nobody writes to.
    extern char __executable_start[], etext[];
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = ((uintptr_t)__executable_start + page - 1) & ~(page - 1), end = (uintptr_t)etext & ~(page - 1);
    if (end > start) madvise((void *)start, end - start, MADV_DONTNEED);
}
int cl_processors(void) { return (int)sysconf(_SC_NPROCESSORS_ONLN); }
