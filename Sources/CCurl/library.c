#define _GNU_SOURCE
#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#include "ccurl.h"

struct cc_library cc_curl;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int loaded;
static char failure[256];

// The name that libcurl has kept since 2006; whoever breaks its interface gives it another.
static const char *const name = "libcurl.so.4";

static int find(void *library) {
#define CC_FIND(function)                                                                                              \
    if (!(*(void **)&cc_curl.function = dlsym(library, "curl_" #function))) {                                          \
        snprintf(failure, sizeof failure, "%s lacks the function curl_" #function, name);                              \
        return 0;                                                                                                      \
    }
    CC_FUNCTIONS(CC_FIND)
#undef CC_FIND
    return 1;
}

static int load(void) {
    // Never closed: OpenSSL and others of its libraries register what must outlive them.
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *reason = dlerror();
        snprintf(failure, sizeof failure, "%s", reason ? reason : name);
        return 0;
    }
    if (!find(library)) return 0;
    CURLcode code = cc_curl.global_init(CURL_GLOBAL_DEFAULT);
    if (code == CURLE_OK) return 1;
    snprintf(failure, sizeof failure, "%s does not start: code %d", name, (int)code);
    return 0;
}

const char *cc_load(void) {
    pthread_mutex_lock(&lock);
    if (!loaded) loaded = load();
    int well = loaded;
    pthread_mutex_unlock(&lock);
    return well ? NULL : failure;
}

const char *cc_reason(int code) { return cc_curl.easy_strerror((CURLcode)code); }

const char *cc_default_ca_file(void) {
    const curl_version_info_data *info = cc_curl.version_info(CURLVERSION_NOW);
    return info->age >= CURLVERSION_SEVENTH ? info->cainfo : NULL;
}

const char *cc_default_ca_directory(void) {
    const curl_version_info_data *info = cc_curl.version_info(CURLVERSION_NOW);
    return info->age >= CURLVERSION_SEVENTH ? info->capath : NULL;
}
