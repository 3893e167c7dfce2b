"""Twenty containers started in a row, then idle: how long that takes, and what each of them and the daemon hold."""

import contextlib
import time

from core import Row, compare, in_turn, settle
from engines import Containerd, Gantry, Podman
from machine import memory, parent, resident

NAMES = ["detached", "memory"]
IMAGE = "docker.io/library/busybox:latest"
COUNT = 20


def start_all(context, engine):
    names = [engine.fresh_name() for _ in range(COUNT)]
    return names, sum(context.clock.time(engine.detached(name, IMAGE, "sleep", "1000000")) for name in names)


def timed(context, engine):
    def take():
        names, elapsed = start_all(context, engine)
        engine.remove(names)
        return elapsed

    return take


def footprint(context, engine):
    """Medians over the keepers of idle containers (proportional and unique kB), and the daemon's resident MB."""
    names, _ = start_all(context, engine)
    try:
        time.sleep(2)
        keepers = [memory(parent(pid)) for pid in engine.pids(names)]
        daemon = resident(engine.daemon.pid) if engine.daemon else None
        return [pair[0] for pair in keepers], [pair[1] for pair in keepers], daemon
    finally:
        engine.remove(names)


def measure(context):
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(context.disks.fresh())
        kinds = ([Gantry] if context.gantry else []) + [Containerd, Podman]
        engines = {kind.name: stack.enter_context(kind(disk, context.state)) for kind in kinds}
        for engine in engines.values():
            context.clock.time(engine.load(context.busybox("oci")))

        if context.wants("detached"):
            takers = {name: timed(context, engine) for name, engine in engines.items()}
            samples = in_turn(context.rounds(3), takers, before=settle)
            yield compare("detached.ctr", "ms", samples, "gantry", "ctr", 0.25, note=f"{COUNT} x run -d in a row")
            yield compare("detached.podman", "ms", samples, "gantry", "podman")

        if context.wants("memory"):
            found = {name: footprint(context, engine) for name, engine in engines.items()}
            yield from memory_rows(found)


def memory_rows(found):
    nothing = ([], [], None)
    pss = {name: values[0] for name, values in found.items()}
    uss = {name: values[1] for name, values in found.items()}
    yield compare("memory.shim.pss", "kB", pss, "gantry", "ctr", 1 / 8, note=f"each of {COUNT} idle containers")
    yield compare("memory.shim.uss", "kB", uss, "gantry", "ctr")
    yield compare("memory.conmon.pss", "kB", pss, "gantry", "podman", 1.0)
    ours, theirs = found.get("gantry", nothing)[2], found["ctr"][2]
    yield Row("memory.daemon", "MB", ours, theirs, "containerd", 0.7, samples={"gantry": [ours], "peer": [theirs]},
              note=f"resident, with {COUNT} idle containers")
