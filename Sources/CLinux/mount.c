#include "clinux_mount.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

// By number and through syscall(2): Debian 12's libc has these wrappers, older and static ones may not.
enum { CONFIG_FLAG = 0, CONFIG_STRING = 1, CONFIG_FD = 5, CONFIG_CREATE = 6 };
struct attributes {
    uint64_t set, clear, propagation, userns;
};

int cl_mount(const char *source, const char *target, const char *type, uint64_t flags, const char *options) {
    return (int)RESULT(mount(source, target, type, flags, options));
}
int cl_umount2(const char *target, int flags) { return (int)RESULT(umount2(target, flags)); }
int cl_fsopen(const char *type) { return (int)RESULT(syscall(SYS_fsopen, type, 1 /* FSOPEN_CLOEXEC */)); }
int cl_fsconfig_string(int fd, const char *key, const char *value) {
    return (int)RESULT(syscall(SYS_fsconfig, fd, CONFIG_STRING, key, value, 0));
}
int cl_fsconfig_flag(int fd, const char *key) { return (int)RESULT(syscall(SYS_fsconfig, fd, CONFIG_FLAG, key, NULL, 0)); }
int cl_fsconfig_fd(int fd, const char *key, int value) {
    return (int)RESULT(syscall(SYS_fsconfig, fd, CONFIG_FD, key, NULL, value));
}
int cl_fsconfig_create(int fd) { return (int)RESULT(syscall(SYS_fsconfig, fd, CONFIG_CREATE, NULL, NULL, 0)); }
int cl_fsmount(int fd, unsigned attributes) {
    return (int)RESULT(syscall(SYS_fsmount, fd, 1 /* FSMOUNT_CLOEXEC */, attributes));
}
int cl_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
    return (int)RESULT(syscall(SYS_move_mount, from, from_path, to, to_path, flags));
}
int cl_open_tree(int dirfd, const char *path, unsigned flags) {
    return (int)RESULT(syscall(SYS_open_tree, dirfd, path, flags | O_CLOEXEC));
}
int cl_mount_setattr(int dirfd, const char *path, unsigned flags, uint64_t set, uint64_t clear, uint64_t propagation, int userns) {
    struct attributes attributes = {.set = set, .clear = clear, .propagation = propagation};
    if (userns >= 0) {
        attributes.set |= 0x00100000; /* MOUNT_ATTR_IDMAP */
        attributes.userns = (uint64_t)userns;
    }
    return (int)RESULT(syscall(SYS_mount_setattr, dirfd, path, flags, &attributes, sizeof attributes));
}
int cl_unshare(int flags) { return (int)RESULT(unshare(flags)); }
int cl_setns(int fd, int type) { return (int)RESULT(setns(fd, type)); }
