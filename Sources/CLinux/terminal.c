#include "clinux_terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "internal.h"

_Static_assert(sizeof(struct termios) <= sizeof(struct cl_terminal_mode), "a termios fits");

int cl_is_terminal(int fd) { return isatty(fd); }

int cl_get_terminal_mode(int fd, struct cl_terminal_mode *mode) {
    struct termios termios;
    int result = (int)RESULT(tcgetattr(fd, &termios));
    if (result == 0) memcpy(mode, &termios, sizeof termios);
    return result;
}

int cl_set_terminal_mode(int fd, const struct cl_terminal_mode *mode) {
    struct termios termios;
    memcpy(&termios, mode, sizeof termios);
    return (int)RETRY(tcsetattr(fd, TCSADRAIN, &termios));
}

void cl_make_raw(struct cl_terminal_mode *mode) {
    struct termios termios;
    memcpy(&termios, mode, sizeof termios);
    cfmakeraw(&termios);
    memcpy(mode, &termios, sizeof termios);
}

int cl_terminal_size(int fd, uint16_t *rows, uint16_t *columns) {
    struct winsize size = {0};
    int result = (int)RESULT(ioctl(fd, TIOCGWINSZ, &size));
    *rows = size.ws_row;
    *columns = size.ws_col;
    return result;
}

int cl_set_terminal_size(int fd, uint16_t rows, uint16_t columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return (int)RESULT(ioctl(fd, TIOCSWINSZ, &size));
}

int cl_open_terminal_pair(int *master, int *slave) {
    char name[64];
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int other = -1;
    if (grantpt(fd) == 0 && unlockpt(fd) == 0 && ptsname_r(fd, name, sizeof name) == 0)
        other = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (other < 0) {
        int failure = errno;
        close(fd);
        return -failure;
    }
    *master = fd;
    *slave = other;
    return 0;
}
