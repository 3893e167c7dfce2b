#include <stdio.h>
#include <string.h>
#include <time.h>

#include "overlaysnap.h"

/// Frees the trash off its callers' path.
static void *sweep(void *argument) {
    struct store *store = argument;
    pthread_mutex_lock(&store->lock);
    while (!store->disk.ends) {
        if (!store->wanted) {
            pthread_cond_wait(&store->wake, &store->lock);
            continue;
        }
        store->wanted = false;
        pthread_mutex_unlock(&store->lock);
        // Whoever removed it is about to be answered: let that have the processor first.
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        pthread_mutex_lock(&store->sweeping);
        // What cannot go now (a mount that lingers) is tried again after the next removal.
        trash_empty(&store->disk);
        pthread_mutex_unlock(&store->sweeping);
        pthread_mutex_lock(&store->lock);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

void store_sweep(struct store *store) {
    pthread_mutex_lock(&store->lock);
    store->wanted = true;
    pthread_cond_signal(&store->wake);
    pthread_mutex_unlock(&store->lock);
}

bool store_open(struct store *store, const char *root) {
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->sweeping, NULL);
    pthread_cond_init(&store->wake, NULL);
    store->wanted = true;
    if (!index_open(&store->index)) return false;
    if (!disk_open(&store->disk, root) || !disk_load(&store->disk, &store->index)) return false;
    int result = pthread_create(&store->sweeper, NULL, sweep, store);
    if (result != 0) fprintf(stderr, "overlaysnap: start a thread: %s\n", strerror(result));
    return result == 0;
}

void store_close(struct store *store) {
    pthread_mutex_lock(&store->lock);
    store->disk.ends = true;
    pthread_cond_signal(&store->wake);
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->sweeper, NULL);
    index_close(&store->index);
    disk_close(&store->disk);
}

bool snapshot_sweep(struct store *store, struct failure *failure) {
    pthread_mutex_lock(&store->sweeping);
    int result = trash_empty(&store->disk);
    pthread_mutex_unlock(&store->sweeping);
    return result == 0 || fail_number(failure, result, "sweep '%s'", store->disk.root);
}
