// Terminals: their modes, their size, and pairs of pseudo-terminals.
#ifndef CLINUX_TERMINAL_H
#define CLINUX_TERMINAL_H
#include <stdint.h>

/// Room for a struct termios, which Swift need not look into.
struct cl_terminal_mode {
    uint64_t bytes[16];
};

int cl_is_terminal(int fd);
int cl_get_terminal_mode(int fd, struct cl_terminal_mode *mode);
/// Sets the mode after what was written has left; what was typed stays.
int cl_set_terminal_mode(int fd, const struct cl_terminal_mode *mode);
void cl_make_raw(struct cl_terminal_mode *mode);
int cl_terminal_size(int fd, uint16_t *rows, uint16_t *columns);
int cl_set_terminal_size(int fd, uint16_t rows, uint16_t columns);
/// A new pseudo-terminal: both ends close-on-exec, neither becomes anybody's controlling terminal.
int cl_open_terminal_pair(int *master, int *slave);
#endif
