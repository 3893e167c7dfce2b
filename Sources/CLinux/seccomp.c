#include "clinux_seccomp.h"

#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

int cl_seccomp_take(int listener, struct cl_held_call *call) {
    // The kernel wants it cleared. It is as large as the headers' and may be larger in the kernel, which then knows.
    struct seccomp_notif notice;
    memset(&notice, 0, sizeof notice);
    int result = (int)RETRY(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice));
    if (result < 0) return result;
    *call = (struct cl_held_call){
        .id = notice.id,
        .pid = notice.pid,
        .number = (uint32_t)notice.data.nr,
        .architecture = notice.data.arch,
        .instruction = notice.data.instruction_pointer,
    };
    memcpy(call->arguments, notice.data.args, sizeof call->arguments);
    return 0;
}

int cl_seccomp_refuse(int listener, uint64_t id, int error) {
    struct seccomp_notif_resp answer = {.id = id, .error = -error};
    int result = (int)RETRY(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
    return result < 0 ? result : 0;
}
