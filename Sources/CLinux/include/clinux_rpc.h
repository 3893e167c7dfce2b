// What the RPC server needs of sockets beside clinux_socket.h.
#ifndef CLINUX_RPC_H
#define CLINUX_RPC_H
#include <stddef.h>
#include <stdint.h>

/// Sends what fits now: -EAGAIN rather than wait, whatever mode the socket is in. Never a signal.
int64_t cl_send_now(int fd, const void *buffer, size_t count);
#endif
