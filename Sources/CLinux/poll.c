#include "clinux_poll.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "internal.h"

_Static_assert(sizeof(struct cl_pollfd) == sizeof(struct pollfd), "cl_pollfd mirrors pollfd");

int cl_poll(struct cl_pollfd *fds, size_t count, int timeout_milliseconds) {
    return (int)RESULT(poll((struct pollfd *)fds, count, timeout_milliseconds));
}
int cl_epoll_create(void) { return (int)RESULT(epoll_create1(EPOLL_CLOEXEC)); }
static int control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return (int)RESULT(epoll_ctl(epoll, operation, fd, &event));
}
int cl_epoll_add(int epoll, int fd, uint32_t events, uint64_t data) { return control(epoll, EPOLL_CTL_ADD, fd, events, data); }
int cl_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_MOD, fd, events, data);
}
int cl_epoll_remove(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }
int cl_epoll_wait(int epoll, struct cl_event *events, int most, int timeout_milliseconds) {
    struct epoll_event raw[64];
    if (most > 64) most = 64;
    int count = (int)RESULT(epoll_wait(epoll, raw, most, timeout_milliseconds));
    for (int i = 0; i < count; i++) events[i] = (struct cl_event){.events = raw[i].events, .data = raw[i].data.u64};
    return count;
}
int cl_eventfd(int nonblocking) { return (int)RESULT(eventfd(0, EFD_CLOEXEC | (nonblocking ? EFD_NONBLOCK : 0))); }
int cl_eventfd_add(int fd, uint64_t value) { return (int)RETRY(write(fd, &value, sizeof value)); }
int cl_eventfd_take(int fd, uint64_t *value) { return (int)RETRY(read(fd, value, sizeof *value)); }

static sigset_t set_of(uint64_t signals) {
    sigset_t set;
    sigemptyset(&set);
    for (int signal = 1; signal < 64; signal++)
        if (signals & (1ULL << signal)) sigaddset(&set, signal);
    return set;
}
int cl_block_signals(uint64_t signals) {
    sigset_t set = set_of(signals);
    return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}
int cl_signalfd(uint64_t signals) {
    sigset_t set = set_of(signals);
    int result = -pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (result < 0) return result;
    return (int)RESULT(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}
int cl_signalfd_next(int fd, int *sender) {
    struct signalfd_siginfo info;
    int64_t count = RETRY(read(fd, &info, sizeof info));
    if (count < 0) return (int)count;
    *sender = (int)info.ssi_pid;
    return (int)info.ssi_signo;
}
int cl_sigwait(uint64_t signals) {
    sigset_t set = set_of(signals);
    int signal = 0;
    int result = sigwait(&set, &signal);
    return result == 0 ? signal : -result;
}
int cl_block_all_signals(void) {
    sigset_t all;
    sigfillset(&all);
    return -pthread_sigmask(SIG_BLOCK, &all, NULL);
}
int cl_next_signal(void) {
    sigset_t all;
    sigfillset(&all);
    return (int)RETRY(sigwaitinfo(&all, NULL));
}
int cl_timerfd(void) { return (int)RESULT(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)); }
int cl_timerfd_set(int fd, int64_t nanoseconds) {
    struct itimerspec value = {.it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000}};
    return (int)RESULT(timerfd_settime(fd, 0, &value, NULL));
}
int cl_inotify(void) { return (int)RESULT(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)); }
int cl_inotify_add(int fd, const char *path, uint32_t mask) { return (int)RESULT(inotify_add_watch(fd, path, mask)); }
int cl_inotify_remove(int fd, int watch) { return (int)RESULT(inotify_rm_watch(fd, watch)); }
