#include "clinux_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

int cl_openat(int dirfd, const char *path, int flags, unsigned mode) {
    return (int)RETRY(openat(dirfd, path, flags | O_CLOEXEC, mode));
}

int cl_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
    int64_t result;
    // EAGAIN: a rename raced with the scoped look-up; the kernel asks to try again.
    int attempts = 0;
    do {
        result = RESULT(syscall(SYS_openat2, dirfd, path, &how, sizeof how));
    } while (result == -EINTR || (result == -EAGAIN && ++attempts < 1000));
    return (int)result;
}

// Not repeated on EINTR: on Linux the descriptor is gone all the same.
int cl_close(int fd) { return (int)RESULT(close(fd)); }
int64_t cl_read(int fd, void *buffer, size_t count) { return RETRY(read(fd, buffer, count)); }
int64_t cl_write(int fd, const void *buffer, size_t count) { return RETRY(write(fd, buffer, count)); }
int64_t cl_pread(int fd, void *buffer, size_t count, int64_t offset) { return RETRY(pread(fd, buffer, count, offset)); }
int64_t cl_pwrite(int fd, const void *buffer, size_t count, int64_t offset) {
    return RETRY(pwrite(fd, buffer, count, offset));
}
int64_t cl_lseek(int fd, int64_t offset, int whence) { return RESULT(lseek(fd, offset, whence)); }
int cl_fsync(int fd) { return (int)RETRY(fsync(fd)); }
int cl_fdatasync(int fd) { return (int)RETRY(fdatasync(fd)); }
int cl_syncfs(int fd) { return (int)RETRY(syncfs(fd)); }
int cl_sync_file_range(int fd, int64_t offset, int64_t length, unsigned flags) {
    return (int)RETRY(sync_file_range(fd, offset, length, flags));
}
int cl_set_no_copy_on_write(int fd) {
    int flags = 0;
    int result = (int)RETRY(ioctl(fd, FS_IOC_GETFLAGS, &flags));
    if (result < 0) return result;
    flags |= FS_NOCOW_FL;
    return (int)RETRY(ioctl(fd, FS_IOC_SETFLAGS, &flags));
}
int cl_ftruncate(int fd, int64_t length) { return (int)RETRY(ftruncate(fd, length)); }
int cl_fallocate(int fd, int mode, int64_t offset, int64_t length) {
    return (int)RETRY(fallocate(fd, mode, offset, length));
}
int cl_ficlone(int to, int from) { return (int)RETRY(ioctl(to, FICLONE, from)); }
int64_t cl_copy_file_range(int from, int64_t *from_offset, int to, int64_t *to_offset, size_t count) {
    return RETRY(copy_file_range(from, from_offset, to, to_offset, count, 0));
}
int64_t cl_sendfile(int to, int from, int64_t *offset, size_t count) { return RETRY(sendfile(to, from, offset, count)); }
int64_t cl_splice(int from, int to, size_t count, unsigned flags) {
    return RETRY(splice(from, NULL, to, NULL, count, flags));
}
int cl_dup(int fd, int lowest) { return (int)RETRY(fcntl(fd, F_DUPFD_CLOEXEC, lowest)); }
int cl_dup3(int fd, int target) { return (int)RETRY(dup3(fd, target, O_CLOEXEC)); }
int cl_pipe2(int fds[2], int flags) { return (int)RESULT(pipe2(fds, flags | O_CLOEXEC)); }

int cl_set_nonblocking(int fd, int on) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) return -errno;
    return (int)RESULT(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

int cl_set_cloexec(int fd, int on) { return (int)RESULT(fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0)); }
int cl_memfd_create(const char *name, unsigned flags) { return (int)RESULT(memfd_create(name, flags | MFD_CLOEXEC)); }
enum { EXECUTABLE = 0x10 /* MFD_EXEC */, SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };
int cl_memfd_sealable(const char *name) {
    int fd = (int)RESULT(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | EXECUTABLE));
    // Before kernel 6.3 every one may be executed, and the flag is unknown.
    return fd == -EINVAL ? (int)RESULT(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)) : fd;
}
int cl_seal(int fd) { return (int)RESULT(fcntl(fd, F_ADD_SEALS, SEALS)); }
int cl_is_sealed(int fd) { return fcntl(fd, F_GET_SEALS) == SEALS; }
int cl_flock(int fd, int operation) { return (int)RETRY(flock(fd, operation)); }
int cl_isatty(int fd) { return isatty(fd); }

int cl_window_size(int fd, uint16_t *rows, uint16_t *columns) {
    struct winsize size = {0};
    int result = (int)RESULT(ioctl(fd, TIOCGWINSZ, &size));
    *rows = size.ws_row;
    *columns = size.ws_col;
    return result;
}

int64_t cl_getrandom(void *buffer, size_t count) { return RETRY(getrandom(buffer, count, 0)); }
