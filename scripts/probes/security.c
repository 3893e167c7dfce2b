/* What a container may do, tried from inside: every question is a child process of its own, with a time limit, and every
 * answer a line "KIND NAME ERRNO", 0 for success. Compiled static by the integration tests, which write calls.h: the
 * names of system calls that they want to know about. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *name;
    long number;
} calls[] = {
#include "calls.h"
    {NULL, 0},
};

typedef long (*question)(long, long, long);

/* -1: no answer, since the call did not come back, or ended or killed its process. */
static int ask(question body, long a, long b, long c) {
    int ends[2];
    if (pipe(ends) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        struct itimerval limit = {.it_value = {.tv_usec = 100000}};
        signal(SIGALRM, SIG_DFL);
        setitimer(ITIMER_REAL, &limit, NULL);
        errno = 0;
        long result = body(a, b, c);
        int answer = result == -1 ? errno : 0;
        if (write(ends[1], &answer, sizeof answer) < 0) _exit(1);
        _exit(0);
    }
    close(ends[1]);
    int answer = -1;
    if (read(ends[0], &answer, sizeof answer) != sizeof answer) answer = -1;
    close(ends[0]);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return answer;
}

/* Arguments that no call can do anything with. */
static long call(long number, long b, long c) {
    (void)b, (void)c;
    return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
}

static long clone_with(long flags, long b, long c) {
    (void)b, (void)c;
    long child = syscall(SYS_clone, flags | SIGCHLD, 0L, 0L, 0L, 0L);
    if (child == 0) _exit(0);
    return child;
}

static long open_socket(long family, long b, long c) {
    (void)b, (void)c;
    return socket((int)family, SOCK_STREAM, 0);
}

static long set_personality(long persona, long b, long c) {
    (void)b, (void)c;
    return syscall(SYS_personality, persona);
}

static long use_device(long mode, long major, long minor) {
    char path[32];
    snprintf(path, sizeof path, "/node-%d", getpid());
    if (mknod(path, (mode_t)mode | 0600, makedev(major, minor)) != 0) return -1;
    int file = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
    int error = errno;
    unlink(path);
    errno = error;
    return file < 0 ? -1 : 0;
}

static long make_device(long mode, long major, long minor) {
    char path[32];
    snprintf(path, sizeof path, "/node-%d", getpid());
    long result = mknod(path, (mode_t)mode | 0600, makedev(major, minor));
    unlink(path);
    return result;
}

#ifdef __x86_64__
static long call_x86(long number, long b, long c) {
    (void)b, (void)c;
    long result = number;
    __asm__ volatile("int $0x80" : "+a"(result) : "b"(-1L), "c"(-1L), "d"(-1L), "S"(-1L), "D"(-1L) : "memory");
    int answer = (int)result;
    if (answer >= 0 || answer < -4095) return 0;
    errno = -answer;
    return -1;
}
#endif

static void list_devices(void) {
    DIR *directory = opendir("/dev");
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        struct stat status;
        char path[300], target[300] = "";
        snprintf(path, sizeof path, "/dev/%s", entry->d_name);
        if (entry->d_name[0] == '.' || lstat(path, &status) != 0) continue;
        char type = S_ISCHR(status.st_mode) ? 'c' : S_ISBLK(status.st_mode) ? 'b' : S_ISLNK(status.st_mode) ? 'l' : 'd';
        if (type == 'l' && readlink(path, target, sizeof target - 1) < 0) target[0] = 0;
        if (type == 'l') printf("link %s %s\n", entry->d_name, target);
        else
            printf("node %s %c %u:%u %o\n", entry->d_name, type, major(status.st_rdev), minor(status.st_rdev),
                   status.st_mode & 0777);
    }
}

int main(int count, char **arguments) {
    int open_files = 0;
    for (int file = 3; file < 1024; file++) open_files += fcntl(file, F_GETFD) >= 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("descriptors - %d\n", open_files);
    for (int i = 0; calls[i].name; i++) {
        int wanted = count < 2;
        for (int a = 1; a < count; a++) wanted |= strcmp(arguments[a], calls[i].name) == 0;
        if (wanted) printf("call %s %d\n", calls[i].name, ask(call, calls[i].number, 0, 0));
    }
    if (count > 1) return 0;
    printf("call newer %d\n", ask(call, 4000, 0, 0));
#ifdef __x86_64__
    printf("x86 getpid %d\n", ask(call_x86, 20, 0, 0));
    printf("x86 add_key %d\n", ask(call_x86, 286, 0, 0));
#endif
    printf("args clone %d\n", ask(clone_with, 0, 0, 0));
    printf("args clone-user %d\n", ask(clone_with, CLONE_NEWUSER, 0, 0));
    printf("args clone-net %d\n", ask(clone_with, CLONE_NEWNET, 0, 0));
    long personas[] = {0, 8, 0x20000, 0x20008, 0xffffffff};
    for (int i = 0; i < 5; i++) printf("args personality-%d %d\n", i, ask(set_personality, personas[i], 0, 0));
    printf("args personality-others %d\n", ask(set_personality, ADDR_NO_RANDOMIZE, 0, 0));
    printf("args socket-unix %d\n", ask(open_socket, AF_UNIX, 0, 0));
    printf("args socket-inet %d\n", ask(open_socket, AF_INET, 0, 0));
    printf("args socket-vsock %d\n", ask(open_socket, AF_VSOCK, 0, 0));
    printf("make c-42:7 %d\n", ask(make_device, S_IFCHR, 42, 7));
    printf("make b-42:7 %d\n", ask(make_device, S_IFBLK, 42, 7));
    const int chars[][2] = {{1, 1}, {1, 3}, {1, 4}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {1, 11}, {4, 0}, {5, 0}, {5, 1},
                            {5, 2}, {10, 200}, {10, 229}, {42, 7}, {136, 99}};
    for (unsigned i = 0; i < sizeof chars / sizeof chars[0]; i++)
        printf("use c-%d:%d %d\n", chars[i][0], chars[i][1], ask(use_device, S_IFCHR, chars[i][0], chars[i][1]));
    const int blocks[][2] = {{7, 0}, {8, 0}, {254, 0}};
    for (unsigned i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        printf("use b-%d:%d %d\n", blocks[i][0], blocks[i][1], ask(use_device, S_IFBLK, blocks[i][0], blocks[i][1]));
    list_devices();
    return 0;
}
