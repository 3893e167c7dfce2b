#include "clinux_thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "internal.h"

struct cl_monitor {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
};
struct start {
    void (*body)(void *);
    void *argument;
    char name[16]; // what the kernel keeps
};

static void *run(void *raw) {
    struct start start = *(struct start *)raw;
    free(raw);
    prctl(PR_SET_NAME, start.name, 0, 0, 0);
    start.body(start.argument);
    return NULL;
}

int cl_thread_start(size_t stack, const char *name, void (*body)(void *), void *argument) {
    struct start *start = malloc(sizeof *start);
    if (!start) return -ENOMEM;
    *start = (struct start){body, argument, {0}};
    strncpy(start->name, name, sizeof start->name - 1);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, stack);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int result = pthread_create(&thread, &attributes, run, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (result != 0) free(start);
    return -result;
}

struct cl_monitor *cl_monitor_create(void) {
    struct cl_monitor *monitor = malloc(sizeof *monitor);
    if (!monitor) abort();
    pthread_mutex_init(&monitor->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&monitor->condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return monitor;
}
void cl_monitor_destroy(struct cl_monitor *monitor) {
    pthread_cond_destroy(&monitor->condition);
    pthread_mutex_destroy(&monitor->mutex);
    free(monitor);
}
void cl_monitor_lock(struct cl_monitor *monitor) { pthread_mutex_lock(&monitor->mutex); }
void cl_monitor_unlock(struct cl_monitor *monitor) { pthread_mutex_unlock(&monitor->mutex); }
void cl_monitor_wait(struct cl_monitor *monitor) { pthread_cond_wait(&monitor->condition, &monitor->mutex); }
int cl_monitor_wait_for(struct cl_monitor *monitor, int64_t nanoseconds) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t at = now.tv_nsec + nanoseconds % 1000000000;
    struct timespec until = {.tv_sec = now.tv_sec + nanoseconds / 1000000000 + at / 1000000000, .tv_nsec = at % 1000000000};
    return -pthread_cond_timedwait(&monitor->condition, &monitor->mutex, &until);
}
void cl_monitor_signal(struct cl_monitor *monitor) { pthread_cond_signal(&monitor->condition); }
void cl_monitor_broadcast(struct cl_monitor *monitor) { pthread_cond_broadcast(&monitor->condition); }
