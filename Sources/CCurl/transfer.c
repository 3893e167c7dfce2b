#include <stdint.h>
#include <time.h>

#include "ccurl.h"
#include "library.h"

static size_t take_body(char *bytes, size_t size, size_t count, void *user) {
    const struct cc_callbacks *callbacks = user;
    // Any other number than the given one ends the transfer; an empty piece must not look like that.
    return callbacks->body(callbacks->user, bytes, size * count) ? size * count : SIZE_MAX;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *user) {
    const struct cc_callbacks *callbacks = user;
    return callbacks->header(callbacks->user, bytes, size * count) ? size * count : SIZE_MAX;
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static CURLcode prepare(struct cc_handle *handle, const struct cc_callbacks *callbacks) {
    CURL *easy = handle->easy;
    CURLcode code = cc_curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    if (!code) code = cc_curl.easy_setopt(easy, CURLOPT_WRITEDATA, callbacks);
    if (!code) code = cc_curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    if (!code) code = cc_curl.easy_setopt(easy, CURLOPT_HEADERDATA, callbacks);
    return code;
}

/// Runs what has been added. curl_easy_perform would look up once a second only, too seldom for a client that left.
static CURLcode run(struct cc_handle *handle, const struct cc_callbacks *callbacks) {
    int64_t ticked = now();
    for (;;) {
        int running = 0, left = 0;
        if (cc_curl.multi_perform(handle->multi, &running)) return CURLE_OUT_OF_MEMORY;
        const CURLMsg *message = cc_curl.multi_info_read(handle->multi, &left);
        if (message && message->msg == CURLMSG_DONE) return message->data.result;
        if (!running) return CURLE_OUT_OF_MEMORY; // it has ended without saying how
        int64_t time = now();
        if (time - ticked >= 50) {
            if (!callbacks->tick(callbacks->user)) return CURLE_ABORTED_BY_CALLBACK;
            ticked = time;
        }
        if (cc_curl.multi_poll(handle->multi, NULL, 0, 50, NULL)) return CURLE_OUT_OF_MEMORY;
    }
}

int cc_perform(struct cc_handle *handle, const struct cc_callbacks *callbacks) {
    CURLcode code = prepare(handle, callbacks);
    if (code) return code;
    if (cc_curl.multi_add_handle(handle->multi, handle->easy)) return CURLE_OUT_OF_MEMORY;
    code = run(handle, callbacks);
    cc_curl.multi_remove_handle(handle->multi, handle->easy);
    return code;
}

const char *cc_error_text(struct cc_handle *handle) { return handle->error; }

static curl_off_t offset_info(struct cc_handle *handle, CURLINFO info) {
    curl_off_t value = 0;
    cc_curl.easy_getinfo(handle->easy, info, &value);
    return value;
}

const char *cc_redirect_url(struct cc_handle *handle) {
    char *url = NULL;
    cc_curl.easy_getinfo(handle->easy, CURLINFO_REDIRECT_URL, &url);
    return url;
}

int64_t cc_retry_after(struct cc_handle *handle) { return offset_info(handle, CURLINFO_RETRY_AFTER); }

int cc_was_connected(struct cc_handle *handle) { return offset_info(handle, CURLINFO_PRETRANSFER_TIME_T) > 0; }
