#include <seccomp.h>
#include <stdlib.h>

// What libseccomp allocates for its caller.
static inline void cs_free(void *memory) { free(memory); }
