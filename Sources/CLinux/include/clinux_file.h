// Descriptors and their bytes.
#ifndef CLINUX_FILE_H
#define CLINUX_FILE_H
#include <stddef.h>
#include <stdint.h>

int cl_openat(int dirfd, const char *path, int flags, unsigned mode);
int cl_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int cl_close(int fd);
int64_t cl_read(int fd, void *buffer, size_t count);
int64_t cl_write(int fd, const void *buffer, size_t count);
int64_t cl_pread(int fd, void *buffer, size_t count, int64_t offset);
int64_t cl_pwrite(int fd, const void *buffer, size_t count, int64_t offset);
int64_t cl_lseek(int fd, int64_t offset, int whence);
int cl_fsync(int fd);
int cl_fdatasync(int fd);
int cl_syncfs(int fd);
int cl_sync_file_range(int fd, int64_t offset, int64_t length, unsigned flags);
int cl_set_no_copy_on_write(int fd);
int cl_ftruncate(int fd, int64_t length);
int cl_fallocate(int fd, int mode, int64_t offset, int64_t length);
int cl_ficlone(int to, int from);
int64_t cl_copy_file_range(int from, int64_t *from_offset, int to, int64_t *to_offset, size_t count);
int64_t cl_sendfile(int to, int from, int64_t *offset, size_t count);
int64_t cl_splice(int from, int to, size_t count, unsigned flags);
int cl_dup(int fd, int lowest);
int cl_dup3(int fd, int target);
int cl_pipe2(int fds[2], int flags);
int cl_set_nonblocking(int fd, int on);
int cl_set_cloexec(int fd, int on);
int cl_memfd_create(const char *name, unsigned flags);
/// A memory file that may be executed and sealed.
int cl_memfd_sealable(const char *name);
/// Nobody can change it any more, nor this.
int cl_seal(int fd);
/// 1 when that is so.
int cl_is_sealed(int fd);
int cl_flock(int fd, int operation);
int cl_isatty(int fd);
int cl_window_size(int fd, uint16_t *rows, uint16_t *columns);
int64_t cl_getrandom(void *buffer, size_t count);
#endif
