// Mounts: the old call and the file-descriptor based ones.
#ifndef CLINUX_MOUNT_H
#define CLINUX_MOUNT_H
#include <stddef.h>
#include <stdint.h>

int cl_mount(const char *source, const char *target, const char *type, uint64_t flags, const char *options);
int cl_umount2(const char *target, int flags);
int cl_fsopen(const char *type);
int cl_fsconfig_string(int fd, const char *key, const char *value);
int cl_fsconfig_flag(int fd, const char *key);
int cl_fsconfig_fd(int fd, const char *key, int value);
int cl_fsconfig_create(int fd);
int cl_fsmount(int fd, unsigned attributes);
int cl_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags);
int cl_open_tree(int dirfd, const char *path, unsigned flags);
/// `propagation` may be 0; `userns` is used only when >= 0 (MOUNT_ATTR_IDMAP is then set).
int cl_mount_setattr(int dirfd, const char *path, unsigned flags, uint64_t set, uint64_t clear, uint64_t propagation, int userns);
int cl_unshare(int flags);
int cl_setns(int fd, int type);
#endif
