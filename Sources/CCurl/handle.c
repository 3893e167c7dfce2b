#include <stdlib.h>

#include "ccurl.h"
#include "library.h"

CURLSH *cc_share_raw(struct cc_share *share);

#define SET(option, value) cc_curl.easy_setopt(handle->easy, option, value)

struct cc_handle *cc_create(struct cc_share *share) {
    struct cc_handle *handle = calloc(1, sizeof *handle);
    if (!handle) return NULL;
    handle->share = cc_share_raw(share);
    handle->easy = cc_curl.easy_init();
    handle->multi = cc_curl.multi_init();
    if (handle->easy && handle->multi) return handle;
    cc_destroy(handle);
    return NULL;
}

void cc_destroy(struct cc_handle *handle) {
    if (handle->easy) cc_curl.easy_cleanup(handle->easy);
    if (handle->multi) cc_curl.multi_cleanup(handle->multi);
    cc_curl.slist_free_all(handle->headers);
    free(handle);
}

int cc_reset(struct cc_handle *handle) {
    cc_curl.easy_reset(handle->easy);
    cc_curl.slist_free_all(handle->headers);
    handle->headers = NULL;
    handle->error[0] = 0;
    CURLcode code = SET(CURLOPT_ERRORBUFFER, handle->error);
    if (!code) code = SET(CURLOPT_SHARE, handle->share);
    if (!code) code = SET(CURLOPT_NOSIGNAL, 1L);
    if (!code) code = SET(CURLOPT_FOLLOWLOCATION, 0L);
    if (!code) code = SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    // A connection a transfer: what HTTP/2 would put into one is taken apart by several here.
    if (!code) code = SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (!code) code = SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (!code) code = SET(CURLOPT_SSL_VERIFYPEER, 1L);
    if (!code) code = SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!code) code = SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    if (!code) code = SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (!code) code = SET(CURLOPT_TCP_KEEPALIVE, 1L);
    if (!code) code = SET(CURLOPT_BUFFERSIZE, 524288L);
#if LIBCURL_VERSION_NUM >= 0x075700
    // A transfer that is ended while a name is looked up must not wait for the resolver, which may take half a minute. An
    // older library than this was compiled with does wait.
    if (!code) SET(CURLOPT_QUICK_EXIT, 1L);
#endif
    return code;
}

int cc_set_url(struct cc_handle *handle, const char *url) { return SET(CURLOPT_URL, url); }

int cc_add_header(struct cc_handle *handle, const char *line) {
    struct curl_slist *list = cc_curl.slist_append(handle->headers, line);
    if (!list) return CURLE_OUT_OF_MEMORY;
    handle->headers = list;
    return SET(CURLOPT_HTTPHEADER, list);
}

int cc_set_user_agent(struct cc_handle *handle, const char *name) { return SET(CURLOPT_USERAGENT, name); }

int cc_set_form(struct cc_handle *handle, const char *bytes, size_t count) {
    CURLcode code = SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    return code ? (int)code : (int)SET(CURLOPT_COPYPOSTFIELDS, bytes);
}

int cc_set_connect_timeout(struct cc_handle *handle, int64_t milliseconds) {
    return SET(CURLOPT_CONNECTTIMEOUT_MS, (long)milliseconds);
}

int cc_set_timeout(struct cc_handle *handle, int64_t milliseconds) {
    return SET(CURLOPT_TIMEOUT_MS, (long)milliseconds);
}

int cc_set_no_proxy(struct cc_handle *handle) { return SET(CURLOPT_PROXY, ""); }

int cc_set_authorities(struct cc_handle *handle, const void *pem, size_t count, const char *directory) {
    struct curl_blob blob = {(void *)pem, count, CURL_BLOB_COPY};
    CURLcode code = SET(CURLOPT_CAINFO_BLOB, &blob);
    return code ? (int)code : (int)SET(CURLOPT_CAPATH, directory);
}

int cc_set_client_certificate(struct cc_handle *handle, const char *certificate, const char *key) {
    CURLcode code = SET(CURLOPT_SSLCERT, certificate);
    return code ? (int)code : (int)SET(CURLOPT_SSLKEY, key);
}

int cc_set_unverified(struct cc_handle *handle) {
    CURLcode code = SET(CURLOPT_SSL_VERIFYPEER, 0L);
    return code ? (int)code : (int)SET(CURLOPT_SSL_VERIFYHOST, 0L);
}
