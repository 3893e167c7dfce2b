#include "clinux_path.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "internal.h"

int cl_mkdirat(int dirfd, const char *path, unsigned mode) { return (int)RESULT(mkdirat(dirfd, path, mode)); }
int cl_mknodat(int dirfd, const char *path, unsigned mode, unsigned major, unsigned minor) {
    return (int)RESULT(mknodat(dirfd, path, mode, makedev(major, minor)));
}
int cl_symlinkat(const char *target, int dirfd, const char *path) { return (int)RESULT(symlinkat(target, dirfd, path)); }
int cl_linkat(int from, const char *path, int to, const char *target, int flags) {
    return (int)RESULT(linkat(from, path, to, target, flags));
}
int cl_unlinkat(int dirfd, const char *path, int flags) { return (int)RESULT(unlinkat(dirfd, path, flags)); }
int cl_renameat2(int from, const char *path, int to, const char *target, unsigned flags) {
    return (int)RESULT(renameat2(from, path, to, target, flags));
}
int64_t cl_readlinkat(int dirfd, const char *path, char *buffer, size_t size) {
    return RESULT(readlinkat(dirfd, path, buffer, size));
}

int cl_statx(int dirfd, const char *path, int flags, struct cl_status *status) {
    struct statx raw;
    int result = (int)RETRY(statx(dirfd, path, flags, STATX_BASIC_STATS | STATX_MNT_ID, &raw));
    if (result < 0) return result;
    *status = (struct cl_status){
        .inode = raw.stx_ino,
        .size = raw.stx_size,
        .blocks = raw.stx_blocks,
        .device = makedev(raw.stx_dev_major, raw.stx_dev_minor),
        .rdevice = makedev(raw.stx_rdev_major, raw.stx_rdev_minor),
        .mode = raw.stx_mode,
        .uid = raw.stx_uid,
        .gid = raw.stx_gid,
        .links = raw.stx_nlink,
        .modified_seconds = raw.stx_mtime.tv_sec,
        .modified_nanoseconds = raw.stx_mtime.tv_nsec,
        .changed_seconds = raw.stx_ctime.tv_sec,
        .changed_nanoseconds = raw.stx_ctime.tv_nsec,
        .accessed_seconds = raw.stx_atime.tv_sec,
        .accessed_nanoseconds = raw.stx_atime.tv_nsec,
        .rdevice_major = raw.stx_rdev_major,
        .rdevice_minor = raw.stx_rdev_minor,
        .mount_id = raw.stx_mnt_id,
    };
    return 0;
}

int cl_fstatfs(int fd, struct cl_filesystem *info) {
    struct statfs raw;
    int result = (int)RETRY(fstatfs(fd, &raw));
    if (result < 0) return result;
    *info = (struct cl_filesystem){
        .type = raw.f_type,
        .block_size = raw.f_bsize,
        .blocks = raw.f_blocks,
        .free_blocks = raw.f_bfree,
        .available_blocks = raw.f_bavail,
        .files = raw.f_files,
        .free_files = raw.f_ffree,
    };
    return 0;
}

int cl_faccessat(int dirfd, const char *path, int mode, int flags) {
    return (int)RESULT(faccessat(dirfd, path, mode, flags));
}
int cl_fchmod(int fd, unsigned mode) { return (int)RESULT(fchmod(fd, mode)); }
int cl_fchmodat(int dirfd, const char *path, unsigned mode) { return (int)RESULT(fchmodat(dirfd, path, mode, 0)); }
int cl_fchown(int fd, uint32_t uid, uint32_t gid) { return (int)RESULT(fchown(fd, uid, gid)); }
int cl_fchownat(int dirfd, const char *path, uint32_t uid, uint32_t gid, int flags) {
    return (int)RESULT(fchownat(dirfd, path, uid, gid, flags));
}
int cl_utimensat(int dirfd, const char *path, int64_t atime, int64_t atime_ns, int64_t mtime, int64_t mtime_ns, int flags) {
    struct timespec times[2] = {{.tv_sec = atime, .tv_nsec = atime_ns}, {.tv_sec = mtime, .tv_nsec = mtime_ns}};
    return (int)RESULT(utimensat(dirfd, path, times, flags));
}
int cl_futimens(int fd, int64_t atime, int64_t atime_ns, int64_t mtime, int64_t mtime_ns) {
    struct timespec times[2] = {{.tv_sec = atime, .tv_nsec = atime_ns}, {.tv_sec = mtime, .tv_nsec = mtime_ns}};
    return (int)RESULT(futimens(fd, times));
}
int64_t cl_fgetxattr(int fd, const char *name, void *value, size_t size) { return RESULT(fgetxattr(fd, name, value, size)); }
int cl_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags) {
    return (int)RESULT(fsetxattr(fd, name, value, size, flags));
}
int64_t cl_flistxattr(int fd, char *names, size_t size) { return RESULT(flistxattr(fd, names, size)); }
int cl_fremovexattr(int fd, const char *name) { return (int)RESULT(fremovexattr(fd, name)); }
int64_t cl_lgetxattr(const char *path, const char *name, void *value, size_t size) {
    return RESULT(lgetxattr(path, name, value, size));
}
int cl_lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags) {
    return (int)RESULT(lsetxattr(path, name, value, size, flags));
}
int64_t cl_llistxattr(const char *path, char *names, size_t size) { return RESULT(llistxattr(path, names, size)); }
int cl_lremovexattr(const char *path, const char *name) { return (int)RESULT(lremovexattr(path, name)); }
int64_t cl_getdents64(int fd, void *buffer, size_t size) { return RESULT(syscall(SYS_getdents64, fd, buffer, size)); }
int cl_chdir(const char *path) { return (int)RESULT(chdir(path)); }
int cl_fchdir(int fd) { return (int)RESULT(fchdir(fd)); }
unsigned cl_umask(unsigned mask) { return umask(mask); }
int64_t cl_getcwd(char *buffer, size_t size) { return RESULT(syscall(SYS_getcwd, buffer, size)); }
