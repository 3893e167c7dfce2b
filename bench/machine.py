"""The machine under the benchmark: its cgroups, fresh file systems, memory of processes, and what it is."""

import contextlib
import os
import platform
import shutil
import subprocess
import time


def sh(*argv, **options):
    """Runs a command that has to succeed; its output."""
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        raise RuntimeError(f"run '{' '.join(argv)}': status {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


@contextlib.contextmanager
def crun_can_run():
    """crun refuses a machine whose cgroup2 `unified` hierarchy has a controller; hybrid ones are left with hugetlb.

    Binding it to a v1 hierarchy of its own, as distributions with v1 do, lets crun run. Undone at the end.
    """
    point = "/sys/fs/cgroup/hugetlb"
    try:
        with open("/sys/fs/cgroup/unified/cgroup.controllers") as file:
            free = "hugetlb" in file.read().split()
    except FileNotFoundError:
        free = False
    if not free:
        yield
        return
    made = not os.path.isdir(point)
    os.makedirs(point, exist_ok=True)
    sh("mount", "-t", "cgroup", "-o", "hugetlb", "cgroup", point)
    try:
        yield
    finally:
        # The containers' directories go first: a hierarchy with children keeps its controller.
        for directory, _, _ in os.walk(point, topdown=False):
            if directory != point:
                with contextlib.suppress(OSError):
                    os.rmdir(directory)
        sh("umount", point)
        if made:
            os.rmdir(point)


class Disks:
    """File systems made anew, each an ext4 in a file in memory.

    Why: an ext4 on which a big tree was just removed is several times slower at making files, and a journal-less root
    has its own prices. Every sample that writes a tree starts on a file system that nothing was written to.
    """

    def __init__(self, work, gibibytes=4):
        self.work = work
        self.size = gibibytes << 30
        self.memory = os.path.join(work, "memory")
        self.count = 0

    def __enter__(self):
        os.mkdir(self.memory)
        sh("mount", "-t", "tmpfs", "-o", f"size={2 * self.size}", "gantry-bench", self.memory)
        return self

    def __exit__(self, *_):
        unmount(self.memory)
        os.rmdir(self.memory)

    def btrfs(self):
        """The same with btrfs."""
        return self.fresh(["mkfs.btrfs", "-q"])

    @contextlib.contextmanager
    def fresh(self, make=("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard")):
        """A directory that is an empty ext4; gone when the block ends."""
        self.count += 1
        image = os.path.join(self.memory, f"disk-{self.count}.img")
        point = os.path.join(self.work, f"disk-{self.count}")
        with open(image, "wb") as file:
            file.truncate(self.size)
        # Without lazy initialisation: the kernel would go on writing inode tables while we measure.
        sh(*make, image)
        os.mkdir(point)
        sh("mount", "-o", "loop", image, point)
        try:
            yield point
        finally:
            unmount(point)
            os.rmdir(point)
            os.unlink(image)


def unmount(point):
    """Waits a moment for whoever still uses it: engines clean up after they have answered."""
    for _ in range(100):
        done = subprocess.run(["umount", point], capture_output=True, text=True)
        if done.returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError(f"unmount '{point}': {done.stderr.strip()}")


def warm(path):
    """Reads a file once, so that no sample pays for the disk it lies on."""
    with open(path, "rb") as file:
        while file.read(1 << 20):
            pass


def memory(pid):
    """Proportional and unique set size of a process in kilobytes."""
    sizes = {}
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            words = line.split()
            if len(words) == 3 and words[2] == "kB":
                sizes[words[0].rstrip(":")] = int(words[1])
    return sizes["Pss"], sizes["Private_Clean"] + sizes["Private_Dirty"]


def resident(pid):
    """Resident set size of a process in megabytes."""
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError(f"read memory of {pid}: no VmRSS")


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def description():
    """Lines about the machine and the versions of what is measured."""
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    with open("/proc/meminfo") as file:
        gibibytes = int(file.readline().split()[1]) / (1 << 20)
    lines = [f"machine: {model}, {os.cpu_count()} cores, {gibibytes:.0f} GiB; Linux {platform.release()}"]
    packages = ["containerd", "docker.io", "podman", "conmon", "crun", "runc"]
    versions = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *packages], capture_output=True, text=True
    ).stdout.split("\n")
    lines.append("versions: " + ", ".join(line for line in versions if line))
    return lines


def program(*names):
    """The first of these programs that is there, as a full path."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise RuntimeError(f"find '{names[0]}': not installed; run 'make deps'")
