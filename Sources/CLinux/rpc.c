#include "include/clinux_rpc.h"
#include <errno.h>
#include <sys/socket.h>

int64_t cl_send_now(int fd, const void *buffer, size_t count) {
    ssize_t sent;
    do
        sent = send(fd, buffer, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}
