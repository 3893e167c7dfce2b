// Waiting for descriptors, signals, timers and changes of files.
#ifndef CLINUX_POLL_H
#define CLINUX_POLL_H
#include <stddef.h>
#include <stdint.h>

struct cl_pollfd {
    int fd;
    short events;
    short revents;
};
struct cl_event {
    uint32_t events;
    uint64_t data;
};

int cl_poll(struct cl_pollfd *fds, size_t count, int timeout_milliseconds);
int cl_epoll_create(void);
int cl_epoll_add(int epoll, int fd, uint32_t events, uint64_t data);
int cl_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data);
int cl_epoll_remove(int epoll, int fd);
int cl_epoll_wait(int epoll, struct cl_event *events, int most, int timeout_milliseconds);
int cl_eventfd(int nonblocking);
int cl_eventfd_add(int fd, uint64_t value);
int cl_eventfd_take(int fd, uint64_t *value);
/// Blocks the signals of the bit mask (bit n: signal n) on this thread and gives a descriptor that reads them.
int cl_signalfd(uint64_t signals);
/// The next signal's number and sender, or -EAGAIN.
int cl_signalfd_next(int fd, int *sender);
int cl_block_signals(uint64_t signals);
int cl_sigwait(uint64_t signals);
/// All 64, where the masks above have no place for the last.
int cl_block_all_signals(void);
/// Waits for any signal at all; -EINTR never.
int cl_next_signal(void);
int cl_timerfd(void);
int cl_timerfd_set(int fd, int64_t nanoseconds);
int cl_inotify(void);
int cl_inotify_add(int fd, const char *path, uint32_t mask);
int cl_inotify_remove(int fd, int watch);
#endif
