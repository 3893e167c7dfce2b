// Clocks, in nanoseconds.
#ifndef CLINUX_TIME_H
#define CLINUX_TIME_H
#include <stdint.h>

int64_t cl_realtime(void);
int64_t cl_monotonic(void);
void cl_sleep(int64_t nanoseconds);
#endif
