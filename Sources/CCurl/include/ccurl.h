// libcurl for Swift, which cannot call variadic functions: a function for each option and each question.
//
// The library is loaded when it is first needed, not when the program starts: with its thirty libraries it costs 4 MB and
// 4 ms, which a daemon that never pulls should not pay.
//
// A handle belongs to one thread at a time; so does everything that is said about it. Setters return a CURLcode (0 is
// well, 27 is out of memory); what they are given is copied.
#ifndef CCURL_H
#define CCURL_H
#include <stddef.h>
#include <stdint.h>

struct cc_handle;
struct cc_share;

/// Loads libcurl and initialises it, once; any thread. NULL, or why it cannot be (valid for ever).
const char *cc_load(void);
/// What the library calls a CURLcode; a literal.
const char *cc_reason(int code);
/// The file and the directory of the system's authorities as the library was built; NULL when it has none.
const char *cc_default_ca_file(void);
const char *cc_default_ca_directory(void);

/// Names and TLS sessions that several handles share, whatever their threads; freed after all of them. NULL: no memory.
struct cc_share *cc_share_create(void);
void cc_share_destroy(struct cc_share *share);

/// What a transfer calls, on the thread that performs it. Zero ends the transfer.
struct cc_callbacks {
    void *user;
    /// A piece of the body: at most 16 KiB, in libcurl's own buffer.
    int (*body)(void *user, const void *bytes, size_t count);
    /// A line of the header, a status line first, with its line end. After a 1xx answer another status line comes.
    int (*header)(void *user, const char *bytes, size_t count);
    /// Every 100 ms at the latest.
    int (*tick)(void *user);
};

/// A handle with connections of its own. NULL: no memory.
struct cc_handle *cc_create(struct cc_share *share);
void cc_destroy(struct cc_handle *handle);
/// Forgets all options but keeps the connections; then sets what never differs: HTTP/1.1 or HTTP/1.0 over TCP or TLS of at
/// least 1.2, no signals, no redirects, no cookies, no netrc, a large buffer.
int cc_reset(struct cc_handle *handle);

int cc_set_url(struct cc_handle *handle, const char *url);
/// Adds a header, `Name: value`.
int cc_add_header(struct cc_handle *handle, const char *line);
int cc_set_user_agent(struct cc_handle *handle, const char *name);
/// Makes the request a POST of this form.
int cc_set_form(struct cc_handle *handle, const char *bytes, size_t count);
/// Milliseconds until the connection must be up.
int cc_set_connect_timeout(struct cc_handle *handle, int64_t milliseconds);
/// Milliseconds that the whole transfer may take; 0 is no bound.
int cc_set_timeout(struct cc_handle *handle, int64_t milliseconds);
/// Goes there directly, whatever the environment says of proxies.
int cc_set_no_proxy(struct cc_handle *handle);
/// Authorities in PEM, beside those in `directory` (NULL: none there).
int cc_set_authorities(struct cc_handle *handle, const void *pem, size_t count, const char *directory);
/// Files in PEM.
int cc_set_client_certificate(struct cc_handle *handle, const char *certificate, const char *key);
/// Takes any certificate.
int cc_set_unverified(struct cc_handle *handle);

/// Runs the transfer to its end: a CURLcode; 42 when `tick` ended it.
int cc_perform(struct cc_handle *handle, const struct cc_callbacks *callbacks);

/// What the library says beyond the CURLcode; may be empty. Valid until the next transfer.
const char *cc_error_text(struct cc_handle *handle);
/// Where a redirect leads, made absolute; NULL when the answer is none. Valid until the next transfer.
const char *cc_redirect_url(struct cc_handle *handle);
/// Seconds of Retry-After, 0 without one.
int64_t cc_retry_after(struct cc_handle *handle);
/// Whether the transfer has, or had, a connection, TLS and all; also while it runs.
int cc_was_connected(struct cc_handle *handle);
#endif
