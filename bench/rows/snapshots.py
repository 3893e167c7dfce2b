"""Snapshots through the service, against the bare system calls and containerd's driver of the same kind.

Every client is in Python and asks over a socket, so that its own price falls on both sides; the bare calls have no socket.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import struct
import sys
import time

from core import Failure, Row, in_turn, median
from engines import Containerd, Gantry
from machine import sh
from wire import Connection

NAMES = ["snapshot", "usage", "diff", "plugin"]
DEPTHS = [1, 16, 100]
MANY = 10_000
FILES = 200_000

libc = ctypes.CDLL(None, use_errno=True)
FLAGS = {"ro": 1, "rw": 0, "bind": 4096, "rbind": 4096 | 16384}


def mount(mounts, target):
    """What a shim does with the mounts it is given, in as few calls."""
    for entry in mounts:
        flags, data = 0, []
        for option in entry.get("options", []):
            if option in FLAGS:
                flags |= FLAGS[option]
            else:
                data.append(option)
        kind, options = entry["type"], ",".join(data)
        if len(options) > 4000:
            return mount_long(entry, target)
        if libc.mount(entry["source"].encode(), target.encode(), kind.encode(), flags, options.encode()) != 0:
            raise Failure(f"mount '{target}': {os.strerror(ctypes.get_errno())}")


def mount_long(entry, target):
    """More options than a page holds: one call a layer (fsconfig, `lowerdir+`)."""
    def call(number, *arguments):
        result = libc.syscall(number, *arguments)
        if result < 0:
            raise Failure(f"mount '{target}' by fsopen: {os.strerror(ctypes.get_errno())}")
        return result
    context = call(430, entry["type"].encode(), 0)
    try:
        for option in entry.get("options", []):
            name, _, value = option.partition("=")
            if name == "lowerdir":
                for directory in value.split(":"):
                    call(431, context, 1, b"lowerdir+", directory.encode(), 0)
            elif value:
                call(431, context, 1, name.encode(), value.encode(), 0)
        call(431, context, 6, None, None, 0)
        descriptor = call(432, context, 0, 0)
        try:
            call(429, descriptor, b"", -100, target.encode(), 4)
        finally:
            os.close(descriptor)
    finally:
        os.close(context)


def unmount(target):
    if libc.umount2(target.encode(), 0) != 0:
        raise Failure(f"unmount '{target}': {os.strerror(ctypes.get_errno())}")


class Ours:
    """gantryd's driver through its socket."""

    def __init__(self, gantry, driver):
        self.connection, self.driver = Connection(gantry.socket), driver
        # Holds what is built for the samples, which the collector would take; nothing removes what a lease holds.
        self.lease = {"lease": self.connection.call("leases.create", {})["id"]}

    def call(self, method, **params):
        return self.connection.call(f"snapshots.{method}", {"driver": self.driver, **params})

    def prepare(self, key, parent):
        return self.call("prepare", key=key, **self.lease, **({"parent": parent} if parent else {}))["mounts"]

    def commit(self, key, name):
        self.call("commit", key=key, name=name, **self.lease)

    def remove(self, key):
        self.call("remove", key=key)


    def release(self):
        """What is made from now on is not held."""
        self.lease = {}


class Theirs:
    """containerd's driver through its gRPC service; the few messages are written by hand."""

    def __init__(self, engine, driver):
        import grpc
        self.channel = grpc.insecure_channel(f"unix://{engine.state}/containerd.sock")
        self.driver = driver
        self.methods = {}

    def call(self, method, *fields):
        if method not in self.methods:
            self.methods[method] = self.channel.unary_unary(f"/containerd.services.snapshots.v1.Snapshots/{method}")
        body = b"".join(self.text(number, text) for number, text in fields if text)
        if method != "Remove":
            # Or its collector takes what nothing needs.
            label = self.text(1, "containerd.io/gc.root") + self.text(2, "now")
            body += bytes([4 << 3 | 2, len(label)]) + label
        return self.methods[method](body, metadata=(("containerd-namespace", "bench"),))

    @staticmethod
    def text(number, text):
        data = text.encode()
        length, size = b"", len(data)
        while size > 127:
            length += bytes([size & 127 | 128])
            size >>= 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + data

    @staticmethod
    def fields(data):
        """The length-delimited fields of a message."""
        position = 0
        while position < len(data):
            number = data[position] >> 3
            position += 1
            size = shift = 0
            while True:
                byte = data[position]
                position += 1
                size |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            yield number, data[position : position + size]
            position += size

    def prepare(self, key, parent):
        mounts = []
        for _, data in self.fields(self.call("Prepare", (1, self.driver), (2, key), (3, parent))):
            entry = {"type": "", "source": "", "options": []}
            for number, value in self.fields(data):
                if number == 4:
                    entry["options"].append(value.decode())
                else:
                    entry[{1: "type", 2: "source", 3: "target"}[number]] = value.decode()
            mounts.append(entry)
        return mounts

    def commit(self, key, name):
        self.call("Commit", (1, self.driver), (2, name), (3, key))

    def remove(self, key):
        self.call("Remove", (1, self.driver), (2, key))


class Bare:
    """The system calls that a driver cannot do without, durable as ours are, and no process between."""

    def __init__(self, root, driver):
        self.root, self.driver, self.number = root, driver, 0
        self.places, self.parents = {}, {}
        os.makedirs(root + "/trash", exist_ok=True)

    def record(self, place, text):
        with open(place, "x") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def chain(self, parent):
        while parent:
            yield self.places[parent]
            parent = self.parents[parent]

    def prepare(self, key, parent):
        self.number += 1
        place = f"{self.root}/{self.number}"
        os.mkdir(place)
        self.places[key], self.parents[key] = place, parent
        if self.driver == "btrfs":
            subvolume(place, self.places[parent] + "/fs" if parent else None)
            self.record(place + "/snapshot.json", "x" * 200)
            return [{"type": "bind", "source": place + "/fs", "options": ["rbind"]}]
        os.mkdir(place + "/fs")
        os.mkdir(place + "/work")
        self.record(place + "/snapshot.json", "x" * 200)
        lower = ":".join(f"{below}/fs" for below in self.chain(parent))
        if not lower:
            return [{"type": "bind", "source": place + "/fs", "options": ["rbind"]}]
        return [{"type": "overlay", "source": "overlay",
                 "options": [f"lowerdir={lower}", f"upperdir={place}/fs", f"workdir={place}/work"]}]

    def commit(self, key, name):
        place = self.places[name] = self.places.pop(key)
        self.parents[name] = self.parents.pop(key)
        if self.driver == "btrfs":
            handle = os.open(place + "/fs", os.O_RDONLY)
            fcntl.ioctl(handle, 0x4008941A, struct.pack("Q", 2))
            os.close(handle)
        self.record(place + "/new", "x" * 200)
        os.rename(place + "/new", place + "/snapshot.json")

    def remove(self, key):
        place = self.places.pop(key)
        del self.parents[key]
        os.rename(place, f"{self.root}/trash/{os.path.basename(place)}")


def subvolume(place, parent):
    """BTRFS_IOC_SUBVOL_CREATE, or BTRFS_IOC_SNAP_CREATE_V2 of a parent."""
    directory = os.open(place, os.O_RDONLY)
    try:
        if parent is None:
            fcntl.ioctl(directory, 0x5000940E, bytearray(struct.pack("q4088s", 0, b"fs")))
            return
        source = os.open(parent, os.O_RDONLY)
        try:
            fcntl.ioctl(directory, 0x50009417, bytearray(struct.pack("qQQ4Q4040s", source, 0, 0, 0, 0, 0, 0, b"fs")))
        finally:
            os.close(source)
    finally:
        os.close(directory)


def chain(layers, depth):
    """Commits so many layers with a file in each; the topmost one's name."""
    parent = ""
    for number in range(depth):
        key, name = f"build-{number}", f"layer-{number}"
        layers.prepare(key, parent)
        layers.commit(key, name)
        parent = name
    return parent


class Cycle:
    """Prepare, mount, unmount, commit, remove, on top of a chain; microseconds of each call and of all."""

    def __init__(self, layers, parent, place):
        self.layers, self.parent, self.place, self.number, self.parts = layers, parent, place, 0, []

    def once(self):
        self.number += 1
        key, name = f"cycle-{self.number}", f"done-{self.number}"
        mounts = []
        steps = [
            lambda: mounts.extend(self.layers.prepare(key, self.parent)),
            lambda: (mount(mounts, self.place), unmount(self.place)),
            lambda: self.layers.commit(key, name),
            lambda: self.layers.remove(name),
        ]
        times = [time.perf_counter()]
        for step in steps:
            step()
            times.append(time.perf_counter())
        self.parts.append([(end - start) * 1e6 for start, end in zip(times, times[1:])])
        return (times[-1] - times[0]) * 1e6

    def medians(self):
        """`prepare 400, mount 90, commit 500, remove 300`."""
        columns = zip(*self.parts[10:])
        names = ["prepare", "mount", "commit", "remove"]
        return ", ".join(f"{name} {median(column):,.0f}" for name, column in zip(names, columns))


@contextlib.contextmanager
def place(context, name):
    path = os.path.join(context.work, name)
    os.makedirs(path, exist_ok=True)
    try:
        yield path
    finally:
        os.rmdir(path)


def cycles(context, driver, depth, disk, peer, existing=0):
    """One row pair: ours against bare and against the peer, taken in turn on disks of one kind."""
    with contextlib.ExitStack() as stack:
        gantry = stack.enter_context(Gantry(stack.enter_context(disk()), context.state))
        layers = {"gantry": Ours(gantry, driver)}
        layers["bare"] = Bare(stack.enter_context(disk()) + "/bare", driver)
        if peer:
            state = os.path.join(context.disks.memory, "c")
            os.makedirs(state, exist_ok=True)
            layers["containerd"] = Theirs(stack.enter_context(peer(stack.enter_context(disk()), state)), driver)
        target = stack.enter_context(place(context, "snapshot"))
        takers = {}
        for label, layer in layers.items():
            top = chain(layer, depth)
            for number in range(existing):
                layer.prepare(f"many-{number}", top)
            takers[label] = Cycle(layer, top, target)
        layers["gantry"].release()
        floor, top = [], takers["gantry"].parent

        def mine():
            """The cycle, and after it what a call costs that needs no disk."""
            total = takers["gantry"].once()
            start = time.perf_counter()
            layers["gantry"].call("stat", key=top)
            floor.append((time.perf_counter() - start) * 1e6)
            return total

        once = {label: cycle.once for label, cycle in takers.items()} | {"gantry": mine}
        samples = in_turn(context.rounds(60), once, warm=10)
    parts = {label: cycle.medians() for label, cycle in takers.items()}
    parts["gantry"] += f" (stat {median(floor[10:]):,.0f})"
    return samples, parts


def snapshot_rows(context, driver, disk, peer):
    cases = [(str(depth), depth, 0) for depth in DEPTHS] + [(f"{MANY}", 1, MANY)]
    for label, depth, existing in cases:
        name = f"snapshot.{driver}.{label}"
        if not context.wants(name):
            continue
        samples, parts = cycles(context, driver, depth, disk, peer, existing)
        mine, bare = median(samples["gantry"]), median(samples["bare"])
        what = f"{existing:,} snapshots there already" if existing else f"on {depth} layers"
        yield Row(name, "µs", mine, goal=bare + 1200, samples={"gantry": samples["gantry"], "bare": samples["bare"]},
                  note=f"prepare, mount, unmount, commit, remove, {what}: {parts['gantry']}; bare: {parts['bare']}; "
                       "the goal is the bare calls plus 300 µs for each of the four")
        if "containerd" in samples:
            theirs = median(samples["containerd"])
            yield Row(name + ".containerd", "µs", mine, theirs, "containerd", 1.0,
                      samples={"gantry": samples["gantry"], "peer": samples["containerd"]})


def peer(driver):
    """containerd with this driver; None where this Python has no gRPC."""
    try:
        import grpc  # noqa: F401
    except ImportError:
        print("bench: snapshot: no python3-grpcio: containerd is left out", file=sys.stderr, flush=True)
        return None
    return type("ContainerdSnapshots", (Containerd,), {"drivers": [driver]})


# MARK: what is known of a snapshot


def tree(place):
    """200,000 files in 2,000 directories."""
    for number in range(FILES // 100):
        directory = f"{place}/{number // 50}/{number}"
        os.makedirs(directory)
        for file in range(100):
            os.close(os.open(f"{directory}/{file}", os.O_CREAT | os.O_WRONLY, 0o644))


def timed(body, rounds, unit=1e3):
    samples = []
    for _ in range(rounds):
        start = time.perf_counter()
        body()
        samples.append((time.perf_counter() - start) * unit)
    return samples


def facts_rows(context):
    """How fast the size of a snapshot of 200,000 files is told, and what a container changed in it."""
    for driver in ["overlayfs", "native", "erofs", "btrfs"]:
        if not (context.wants(f"usage.{driver}") or (driver == "btrfs" and context.wants("diff.btrfs"))):
            continue
        disk = context.disks.fresh if driver != "btrfs" else context.disks.btrfs
        with disk() as root, Gantry(root, context.state) as gantry, place(context, "tree") as target:
            layers = Ours(gantry, driver)
            mount(layers.prepare("build", ""), target)
            try:
                tree(target)
            finally:
                unmount(target)
            layers.commit("build", "tree")
            samples = timed(lambda: layers.call("usage", key="tree"), context.rounds(20))
            yield Row(f"usage.{driver}", "ms", median(samples), goal=5, samples={"gantry": samples},
                      note=f"snapshots.usage of a committed snapshot of {FILES:,} files")
            if driver == "btrfs":
                yield diff_row(context, layers, target)


def diff_row(context, layers, target):
    mounts = layers.prepare("container", "tree")
    mount(mounts, target)
    try:
        for number in range(10):
            with open(f"{target}/{number}/{number * 50}/7", "w") as file:
                file.write("changed")
    finally:
        unmount(target)
    # The same two trees, walked: another snapshot as the other side leaves the driver nothing to know.
    def told():
        return layers.call("diff", key="container")["changes"]

    def walked():
        return layers.call("diff", key="container", other="tree")["changes"]

    rounds = context.rounds(7)
    # Before anything walks: that sets the access times of all directories, which is a change of theirs.
    ours = timed(told, rounds)
    files = [change for change in told() if "/7" in change["path"]]
    walk = timed(walked, rounds)
    if len(files) != 10 or told() != walked():
        raise Failure(f"diff.btrfs: {len(files)} of 10 changed files, or the two ways differ")
    return Row("diff.btrfs", "ms", median(ours), median(walk), "a walking diff", 0.05,
               samples={"gantry": ours, "peer": walk}, note=f"10 files changed of {FILES:,}, through snapshots.diff")


# MARK: plugins


def plugin_rows(context):
    """A snapshot call through a plugin in another process, against the built-in driver that does the same."""
    home = os.path.join(context.scripts, "..", "plugins")
    sh("make", "-s", "-C", os.path.join(home, "overlaysnap"), f"OUT={context.work}")
    plugins = {
        "overlaysnap": [os.path.join(context.work, "overlaysnap")],
        "dirsnap": ["/usr/bin/python3", os.path.join(home, "dirsnap", "dirsnap.py")],
    }
    with context.disks.fresh() as disk:
        directory = os.path.join(context.work, "plugins.d")
        os.makedirs(directory, exist_ok=True)
        for name, argv in plugins.items():
            with open(f"{directory}/{name}.toml", "w") as file:
                file.write(
                    f'version = 1\nkind = "snapshotter.v1"\nname = "{name}"\nsocket = "{context.state}/{name}"\n'
                    f'exec = {json.dumps(argv)}\nroot = "{disk}/{name}"\n')
        config = os.path.join(context.work, "gantry.toml")
        with open(config, "w") as file:
            file.write(f'[plugins]\ndirectory = "{directory}"\n')

        class WithPlugins(Gantry):
            def command(self):
                return [*super().command(), "--config", config]

        with WithPlugins(disk, context.state) as gantry:
            yield from plugin_samples(context, gantry, plugins)


def plugin_samples(context, gantry, plugins):
    drivers = {"built in": Ours(gantry, "overlayfs"), **{name: Ours(gantry, name) for name in plugins}}
    takers = {}
    for label, layers in drivers.items():
        for attempt in range(100):
            try:
                layers.prepare("base", "")
                break
            except RuntimeError:
                if attempt == 99:
                    raise
                time.sleep(0.1)
        layers.commit("base", "layer")
        layers.release()

        def take(layers=layers, counter=[0]):
            counter[0] += 1
            key, name = f"k{counter[0]}", f"done-{counter[0]}"
            times = [time.perf_counter()]
            for step in [
                lambda: layers.prepare(key, "layer"), lambda: layers.call("mounts", key=key),
                lambda: layers.commit(key, name), lambda: layers.remove(name),
            ]:
                step()
                times.append(time.perf_counter())
            return [(end - start) * 1e6 for start, end in zip(times, times[1:])]

        takers[label] = take
    samples = in_turn(context.rounds(200), takers, warm=20)
    for name in plugins:
        for index, call in enumerate(["prepare", "mounts", "commit", "remove"]):
            mine = [sample[index] for sample in samples[name]]
            theirs = [sample[index] for sample in samples["built in"]]
            added = median(mine) - median(theirs)
            yield Row(f"plugin.{name}.{call}", "µs", added, goal=150 if name == "overlaysnap" else None,
                      samples={"gantry": mine, "built in": theirs},
                      note=f"added to the built-in overlayfs driver's {median(theirs):,.0f} µs")


def measure(context):
    if not context.gantry:
        return
    if context.wants("snapshot"):
        yield from snapshot_rows(context, "overlayfs", context.disks.fresh, peer("overlayfs"))
        yield from snapshot_rows(context, "btrfs", context.disks.btrfs, peer("btrfs"))
    if context.wants("usage") or context.wants("diff"):
        yield from facts_rows(context)
    if context.wants("plugin"):
        yield from plugin_rows(context)
