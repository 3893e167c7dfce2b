// Unix stream sockets, with descriptors passed and peers identified.
#ifndef CLINUX_SOCKET_H
#define CLINUX_SOCKET_H
#include <stddef.h>
#include <stdint.h>

int cl_unix_listen(const char *path, int backlog, unsigned mode);
int cl_unix_connect(const char *path, int nonblocking);
int cl_unix_connect_datagram(const char *path);
int cl_accept(int fd);
int cl_socketpair(int fds[2]);
int cl_shutdown(int fd, int how);
/// send(2) with MSG_NOSIGNAL: a peer that left is -EPIPE, never a signal.
int64_t cl_send(int fd, const void *buffer, size_t count, int more);
int64_t cl_recv(int fd, void *buffer, size_t count, int flags);
int cl_peer(int fd, int *pid, uint32_t *uid, uint32_t *gid);
int cl_set_send_buffer(int fd, int bytes);
int cl_set_receive_timeout(int fd, int64_t milliseconds);
int cl_set_send_timeout(int fd, int64_t milliseconds);
/// One byte of data with up to 16 descriptors beside it.
int cl_send_fds(int fd, const int *fds, int count);
int cl_recv_fds(int fd, int *fds, int most);
/// Whether the text is an IPv4 or IPv6 address, by inet_pton(3).
int cl_is_address(const char *text);
#endif
