"""Keeps the machine as it was: every process, mount and loop device of a benchmark ends with it.

The benchmark proper runs in a child of this guard. The guard is a subreaper, so whatever daemonises below it (shims,
conmon, a daemon's daemon) becomes the guard's child instead of init's and cannot get lost. When the benchmark has ended,
however it ended, the guard ends what is left by process id, undoes mounts and loop devices below the work directory,
says what it found, and turns that into a failure.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PR_SET_CHILD_SUBREAPER = 36
# Cgroups that the peers make and do not remove: docker's and podman's parents, containerd's namespace.
PEER_CGROUPS = ("default", "docker", "libpod_parent", "machine.slice", "bench")
# Run-time directories that the peers use however they are configured.
PEER_DIRECTORIES = ("/run/containerd", "/run/libpod", "/run/docker", "/run/crun", "/run/runc", "/run/podman",
                    "/run/containers", "/var/lib/cni", "/var/lib/containers", "/etc/docker")


def run(main):
    """Runs `main(work)` in a child with an empty work directory and exits with its status, or 1 if it left things."""
    if os.geteuid() != 0:
        sys.exit("bench: containers need root")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("bench: cannot become a subreaper")
    work = tempfile.mkdtemp(prefix="gantry-bench.", dir="/tmp")
    before = _traces()
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        os._exit(_child(main, work))

    # ^C goes to the whole group; the child cleans up, and we wait for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
    status = _reap_until(pid)
    left = _end_processes() + _undo_mounts(work) + _undo_loops(work)
    _forget(before)
    shutil.rmtree(work, ignore_errors=True)
    for line in left:
        print(f"bench: left behind, now removed: {line}", file=sys.stderr)
    if not left:
        print("bench: no process, mount or loop device is left", file=sys.stderr)
    sys.exit(status or (1 if left else 0))


def _child(main, work):
    try:
        status = main(work) or 0
    except KeyboardInterrupt:
        status = 130
    except SystemExit as exit:
        status = exit.code if isinstance(exit.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def _reap_until(pid):
    """Reaps every orphan that comes to us until the benchmark itself has ended; its exit status."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def descendants(root):
    """Processes below `root`, as (pid, command line)."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry))
            except (OSError, IndexError):
                continue
    found, queue = [], [root]
    while queue:
        for pid in children.get(queue.pop(), []):
            queue.append(pid)
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    found.append((pid, file.read().replace(b"\0", b" ").decode(errors="replace").strip()))
            except OSError:
                continue
    return found


def _end_processes():
    # What was told to end may be on its way out: that is not left behind.
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        _reap()
        if not descendants(os.getpid()):
            return []
        time.sleep(0.05)
    left = []
    for _ in range(20):
        _reap()
        alive = [(pid, line) for pid, line in descendants(os.getpid()) if line]
        if not alive:
            break
        for pid, line in alive:
            text = f"process {pid}: {line[:120]}"
            if text not in left:
                left.append(text)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)
    return left


def _reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def mounts_below(directory):
    with open("/proc/self/mountinfo") as file:
        points = [line.split()[4] for line in file]
    return [point for point in points if point == directory or point.startswith(directory + "/")]


def _undo_mounts(work):
    left = mounts_below(work)
    for point in reversed(left):
        subprocess.run(["umount", "-l", point], check=False)
    return [f"mount {point}" for point in left]


def _undo_loops(work):
    listing = subprocess.run(["losetup", "-l", "-n", "-O", "NAME,BACK-FILE"], capture_output=True, text=True).stdout
    left = [line for line in listing.splitlines() if work in line]
    for line in left:
        subprocess.run(["losetup", "-d", line.split()[0]], check=False)
    return [f"loop device {line}" for line in left]


def _cgroups():
    roots = [os.path.join("/sys/fs/cgroup", name) for name in os.listdir("/sys/fs/cgroup")] + ["/sys/fs/cgroup"]
    return [os.path.join(root, name) for root in roots for name in PEER_CGROUPS]


def _traces():
    return {path for path in [*PEER_DIRECTORIES, *_cgroups()] if os.path.exists(path)}


def _forget(before):
    """Removes the directories and empty cgroups that the peers made outside of the work directory."""
    for path in PEER_DIRECTORIES:
        if path not in before and os.path.isdir(path) and not mounts_below(path):
            shutil.rmtree(path, ignore_errors=True)
    for path in _cgroups():
        if path not in before and os.path.isdir(path):
            for directory, _, _ in os.walk(path, topdown=False):
                try:
                    os.rmdir(directory)
                except OSError:
                    pass
