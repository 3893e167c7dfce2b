// Processes: spawn, wait, signal, limits.
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H
#include <stddef.h>
#include <stdint.h>

struct cl_program {
    const char *path;
    char *const *argv;
    char *const *envp;
    /// The child's descriptor i is fds[i]; -1 is the null device. All others are closed.
    const int *fds;
    int fd_count;
    int new_session;      // setsid
    const char *directory; // NULL: the caller's
    int foreground;        // a process group of its own, in front of the terminal that descriptor 0 may be
    int death_signal;      // sent to it when the calling thread ends; 0: none
};
struct cl_exit {
    int pid;
    int code;   // CLD_EXITED, CLD_KILLED, CLD_DUMPED
    int status; // exit status or signal
};

/// Starts a program without copying this process (vfork semantics, own stack) and without signal handlers, ignored or
/// blocked signals of the caller's. The pid, with `*pidfd` open; or -errno of the step that failed in the child.
int cl_spawn(const struct cl_program *spawn, int *pidfd);
int cl_execve(const char *path, char *const *argv, char *const *envp);
int cl_pidfd_open(int pid);
int cl_pidfd_send_signal(int pidfd, int signal);
/// Reaps through a pidfd: 1 and `*exit` filled, 0 when still running and `nohang`, or -errno.
int cl_wait_pidfd(int pidfd, int nohang, struct cl_exit *exit);
/// Reaps any child without waiting: 1, 0 when none is ready, -ECHILD when there is none.
int cl_wait_any(struct cl_exit *exit);
int cl_kill(int pid, int signal);
int cl_getpid(void);
int cl_getppid(void);
uint32_t cl_geteuid(void);
uint32_t cl_getegid(void);
int cl_setsid(void);
int cl_set_subreaper(void);
int cl_set_parent_death_signal(int signal);
int cl_set_name(const char *name);
int cl_getrlimit(int resource, uint64_t *soft, uint64_t *hard);
int cl_setrlimit(int resource, uint64_t soft, uint64_t hard);
/// Default dispositions for every signal, an empty mask.
void cl_reset_signals(void);
void cl_ignore_signal(int signal);
/// A new user namespace with these maps (the format of /proc/PID/uid_map), as a descriptor; -errno. Nothing is in it.
int cl_user_namespace(const char *uid_map, const char *gid_map);
/// This thread's file system user and group, with all of its capabilities kept. For throw-away threads.
int cl_act_as(uint32_t uid, uint32_t gid);
void cl_exit(int status) __attribute__((noreturn));
char **cl_environ(void);
/// sysname, release, machine, nodename: each 65 bytes at most.
int cl_uname(char *system, char *release, char *machine, char *node);
int64_t cl_memory_bytes(void);
void cl_trim_memory(void);
/// Drops this program's code from its memory; it comes back from the file where it is needed.
void cl_forget_text(void);
int cl_processors(void);
#endif
