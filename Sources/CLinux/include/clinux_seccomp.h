// The notifications of a system call filter.
#ifndef CLINUX_SECCOMP_H
#define CLINUX_SECCOMP_H
#include <stdint.h>

/// A call that waits for its verdict.
struct cl_held_call {
    uint64_t id;
    uint32_t pid; // as this process's namespace has it
    uint32_t number;
    uint32_t architecture; // AUDIT_ARCH_…
    uint64_t arguments[6];
    uint64_t instruction; // the address it was made from
};

/// Takes the next call that waits: 0; -ENOENT when its thread is gone meanwhile. Blocks when there is none.
int cl_seccomp_take(int listener, struct cl_held_call *call);
/// Lets the call answer `error`, a positive errno. -ENOENT when nobody waits any more.
int cl_seccomp_refuse(int listener, uint64_t id, int error);
#endif
