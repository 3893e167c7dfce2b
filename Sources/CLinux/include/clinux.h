// The only C of Gantry: what Swift cannot call, or can only call by reading `errno` too late.
// Every function returns its result or -errno; none prints, allocates for the caller or keeps state.
#ifndef CLINUX_H
#define CLINUX_H

#include "clinux_btrfs.h"
#include "clinux_file.h"
#include "clinux_mount.h"
#include "clinux_path.h"
#include "clinux_poll.h"
#include "clinux_process.h"
#include "clinux_socket.h"
#include "clinux_terminal.h"
#include "clinux_rpc.h"
#include "clinux_seccomp.h"
#include "clinux_thread.h"
#include "clinux_time.h"

#endif
