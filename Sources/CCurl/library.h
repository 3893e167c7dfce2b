// The functions of libcurl that are used, found when it is loaded.
#ifndef CC_LIBRARY_H
#define CC_LIBRARY_H
#include <curl/curl.h>

#define CC_FUNCTIONS(each)                                                                                             \
    each(global_init) each(version_info) each(easy_init) each(easy_cleanup) each(easy_reset) each(easy_setopt)         \
    each(easy_getinfo) each(easy_strerror) each(multi_init) each(multi_cleanup) each(multi_add_handle)                 \
    each(multi_remove_handle) each(multi_perform) each(multi_poll) each(multi_info_read) each(slist_append)            \
    each(slist_free_all) each(share_init) each(share_setopt) each(share_cleanup)

// curl.h hides its variadic functions behind macros that check types; their addresses are wanted here.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_share_setopt

#define CC_MEMBER(name) __typeof__(&curl_##name) name;
struct cc_library {
    CC_FUNCTIONS(CC_MEMBER)
};
#undef CC_MEMBER

/// Filled by cc_load; every other function here is called after it.
extern struct cc_library cc_curl;

struct cc_handle {
    CURL *easy;
    CURLM *multi;
    struct curl_slist *headers;
    CURLSH *share;
    char error[CURL_ERROR_SIZE];
};
#endif
