// Threads and the lock with a condition that Swift's standard library lacks.
#ifndef CLINUX_THREAD_H
#define CLINUX_THREAD_H
#include <stddef.h>
#include <stdint.h>

struct cl_monitor;

/// A detached thread with a stack of `stack` bytes, every signal blocked: signals are for the thread that waits for them.
int cl_thread_start(size_t stack, const char *name, void (*body)(void *), void *argument);
struct cl_monitor *cl_monitor_create(void);
void cl_monitor_destroy(struct cl_monitor *monitor);
void cl_monitor_lock(struct cl_monitor *monitor);
void cl_monitor_unlock(struct cl_monitor *monitor);
void cl_monitor_wait(struct cl_monitor *monitor);
/// 0 when woken, -ETIMEDOUT after so many nanoseconds of the monotonic clock.
int cl_monitor_wait_for(struct cl_monitor *monitor, int64_t nanoseconds);
void cl_monitor_signal(struct cl_monitor *monitor);
void cl_monitor_broadcast(struct cl_monitor *monitor);
#endif
