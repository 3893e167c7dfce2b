#ifndef CLINUX_INTERNAL_H
#define CLINUX_INTERNAL_H
#include <errno.h>
#include <stdint.h>

/// The value of a call, or -errno; read here, before anything else can run on this thread.
#define RESULT(call)                              \
    ({                                            \
        __typeof__(call) value_ = (call);         \
        value_ < 0 ? -(int64_t)errno : (int64_t)value_; \
    })
/// The same, and again when a signal came in between.
#define RETRY(call)                               \
    ({                                            \
        int64_t result_;                          \
        do {                                      \
            result_ = RESULT(call);               \
        } while (result_ == -EINTR);              \
        result_;                                  \
    })
#endif
