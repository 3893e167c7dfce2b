// Names, modes, owners, times, extended attributes.
#ifndef CLINUX_PATH_H
#define CLINUX_PATH_H
#include <stddef.h>
#include <stdint.h>

struct cl_status {
    uint64_t inode, size, blocks, device, rdevice;
    uint32_t mode, uid, gid, links;
    int64_t modified_seconds, changed_seconds, accessed_seconds;
    uint32_t modified_nanoseconds, changed_nanoseconds, accessed_nanoseconds;
    uint32_t rdevice_major, rdevice_minor;
    uint64_t mount_id;
};
struct cl_filesystem {
    int64_t type;
    uint64_t block_size, blocks, free_blocks, available_blocks, files, free_files;
};

int cl_mkdirat(int dirfd, const char *path, unsigned mode);
int cl_mknodat(int dirfd, const char *path, unsigned mode, unsigned major, unsigned minor);
int cl_symlinkat(const char *target, int dirfd, const char *path);
int cl_linkat(int from, const char *path, int to, const char *target, int flags);
int cl_unlinkat(int dirfd, const char *path, int flags);
int cl_renameat2(int from, const char *path, int to, const char *target, unsigned flags);
int64_t cl_readlinkat(int dirfd, const char *path, char *buffer, size_t size);
int cl_statx(int dirfd, const char *path, int flags, struct cl_status *status);
int cl_fstatfs(int fd, struct cl_filesystem *info);
int cl_faccessat(int dirfd, const char *path, int mode, int flags);
int cl_fchmod(int fd, unsigned mode);
int cl_fchmodat(int dirfd, const char *path, unsigned mode);
int cl_fchown(int fd, uint32_t uid, uint32_t gid);
int cl_fchownat(int dirfd, const char *path, uint32_t uid, uint32_t gid, int flags);
/// Seconds and nanoseconds of access and modification; nanoseconds may be UTIME_NOW or UTIME_OMIT.
int cl_utimensat(int dirfd, const char *path, int64_t atime, int64_t atime_ns, int64_t mtime, int64_t mtime_ns, int flags);
int cl_futimens(int fd, int64_t atime, int64_t atime_ns, int64_t mtime, int64_t mtime_ns);
int64_t cl_fgetxattr(int fd, const char *name, void *value, size_t size);
int cl_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags);
int64_t cl_flistxattr(int fd, char *names, size_t size);
int cl_fremovexattr(int fd, const char *name);
int64_t cl_lgetxattr(const char *path, const char *name, void *value, size_t size);
int cl_lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags);
int64_t cl_llistxattr(const char *path, char *names, size_t size);
int cl_lremovexattr(const char *path, const char *name);
int64_t cl_getdents64(int fd, void *buffer, size_t size);
int cl_chdir(const char *path);
int cl_fchdir(int fd);
unsigned cl_umask(unsigned mask);
int64_t cl_getcwd(char *buffer, size_t size);
#endif
