#include <pthread.h>
#include <stdlib.h>

#include "ccurl.h"
#include "library.h"

struct cc_share {
    CURLSH *share;
    pthread_mutex_t locks[CURL_LOCK_DATA_LAST];
};

static void lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *user) {
    (void)easy, (void)access;
    pthread_mutex_lock(&((struct cc_share *)user)->locks[data]);
}

static void unlock(CURL *easy, curl_lock_data data, void *user) {
    (void)easy;
    pthread_mutex_unlock(&((struct cc_share *)user)->locks[data]);
}

struct cc_share *cc_share_create(void) {
    struct cc_share *share = calloc(1, sizeof *share);
    if (!share) return NULL;
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) pthread_mutex_init(&share->locks[i], NULL);
    share->share = cc_curl.share_init();
    // Not connections: libcurl does not let two threads use one cache of them at a time.
    if (share->share && !cc_curl.share_setopt(share->share, CURLSHOPT_LOCKFUNC, lock) &&
        !cc_curl.share_setopt(share->share, CURLSHOPT_UNLOCKFUNC, unlock) &&
        !cc_curl.share_setopt(share->share, CURLSHOPT_USERDATA, share) &&
        !cc_curl.share_setopt(share->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) &&
        !cc_curl.share_setopt(share->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION))
        return share;
    cc_share_destroy(share);
    return NULL;
}

void cc_share_destroy(struct cc_share *share) {
    if (share->share) cc_curl.share_cleanup(share->share);
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) pthread_mutex_destroy(&share->locks[i]);
    free(share);
}

/// The library's own handle, for handle.c.
CURLSH *cc_share_raw(struct cc_share *share) { return share->share; }
