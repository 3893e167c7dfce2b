#include "clinux_time.h"

#include <time.h>

#include "internal.h"

static int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
int64_t cl_realtime(void) { return now(CLOCK_REALTIME); }
int64_t cl_monotonic(void) { return now(CLOCK_MONOTONIC); }
void cl_sleep(int64_t nanoseconds) {
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    while (nanosleep(&time, &time) < 0 && errno == EINTR) {
    }
}
