#include "clinux_socket.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"

static int address_of(const char *path, struct sockaddr_un *address) {
    if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    strcpy(address->sun_path, path);
    return 0;
}

int cl_unix_listen(const char *path, int backlog, unsigned mode) {
    struct sockaddr_un address;
    int result = address_of(path, &address);
    if (result < 0) return result;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    // The mode is on the socket before it has a name: nobody can connect in between with a wider one.
    if (fchmod(fd, mode) < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, backlog) < 0 ||
        chmod(path, mode) < 0) {
        result = -errno;
        close(fd);
        return result;
    }
    return fd;
}

static int connect_to(const char *path, int type) {
    struct sockaddr_un address;
    int result = address_of(path, &address);
    if (result < 0) return result;
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    result = (int)RETRY(connect(fd, (struct sockaddr *)&address, sizeof address));
    if (result < 0) {
        close(fd);
        return result;
    }
    return fd;
}

int cl_unix_connect(const char *path, int nonblocking) {
    return connect_to(path, SOCK_STREAM | (nonblocking ? SOCK_NONBLOCK : 0));
}
int cl_unix_connect_datagram(const char *path) { return connect_to(path, SOCK_DGRAM); }

int cl_accept(int fd) { return (int)RETRY(accept4(fd, NULL, NULL, SOCK_CLOEXEC)); }
int cl_socketpair(int fds[2]) { return (int)RESULT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)); }
int cl_shutdown(int fd, int how) { return (int)RESULT(shutdown(fd, how)); }
int64_t cl_send(int fd, const void *buffer, size_t count, int more) {
    return RETRY(send(fd, buffer, count, MSG_NOSIGNAL | (more ? MSG_MORE : 0)));
}
int64_t cl_recv(int fd, void *buffer, size_t count, int flags) { return RETRY(recv(fd, buffer, count, flags)); }

int cl_peer(int fd, int *pid, uint32_t *uid, uint32_t *gid) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    int result = (int)RESULT(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size));
    if (result < 0) return result;
    *pid = peer.pid;
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}

int cl_set_send_buffer(int fd, int bytes) {
    return (int)RESULT(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes));
}
static int set_timeout(int fd, int option, int64_t milliseconds) {
    struct timeval value = {.tv_sec = milliseconds / 1000, .tv_usec = (milliseconds % 1000) * 1000};
    return (int)RESULT(setsockopt(fd, SOL_SOCKET, option, &value, sizeof value));
}
int cl_set_receive_timeout(int fd, int64_t milliseconds) { return set_timeout(fd, SO_RCVTIMEO, milliseconds); }
int cl_set_send_timeout(int fd, int64_t milliseconds) { return set_timeout(fd, SO_SNDTIMEO, milliseconds); }

enum { MOST_PASSED = 16 };
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * MOST_PASSED)];
};

int cl_send_fds(int fd, const int *fds, int count) {
    if (count < 1 || count > MOST_PASSED) return -EINVAL;
    union control control;
    memset(&control, 0, sizeof control);
    char byte = 0;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(header), fds, sizeof(int) * count);
    return (int)RETRY(sendmsg(fd, &message, MSG_NOSIGNAL));
}

int cl_recv_fds(int fd, int *fds, int most) {
    union control control;
    char byte;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int64_t result = RETRY(recvmsg(fd, &message, MSG_CMSG_CLOEXEC));
    if (result < 0) return (int)result;
    if (result == 0) return -EPIPE;
    int received = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < count; i++) {
            int passed;
            memcpy(&passed, CMSG_DATA(header) + sizeof(int) * i, sizeof passed);
            // More than was asked for would leak here: the sender decides how many come.
            if (received < most)
                fds[received++] = passed;
            else
                close(passed);
        }
    }
    return received;
}

int cl_is_address(const char *text) {
    unsigned char address[16];
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}
