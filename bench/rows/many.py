"""Five hundred idle containers: what an engine holds for them, and what they do to the daemon's answers and its start.

One engine after the other: what idle processes hold does not depend on the machine's mood, and 500 of each would leave
little memory. Our own times are compared with our own, in turn.
"""

import contextlib
import os
import time

from core import Failure, Row, compare, in_turn, median, settle, side_by_side
from engines import Containerd, Gantry
from machine import memory, parent, sh
from wire import Connection

NAMES = ["many"]
IMAGE = "docker.io/library/busybox:latest"
COUNT = 500
FEW = 10


@contextlib.contextmanager
def idle(context, engine, count):
    """So many containers that do nothing, in an engine that has just been started; their names."""
    context.clock.time(engine.load(context.busybox("oci")))
    names = [engine.fresh_name() for _ in range(count)]
    try:
        side_by_side(lambda name: sh(*engine.detached(name, IMAGE, "sleep", "1000000")), names)
        yield names
    finally:
        engine.remove(names)


def held(engine, names):
    """Megabytes of the daemon and of all its shims, by proportional set size: what they share counts once."""
    time.sleep(2)
    shims = {parent(pid) for pid in engine.pids(names)}
    if len(shims) != len(names):
        raise Failure(f"find shims of {engine.name}: {len(shims)} for {len(names)} containers")
    return sum(memory(pid)[0] for pid in [engine.daemon.pid, *shims]) / 1024


def ps_row(context, disk, gantry):
    """The same command against two daemons in turn, one with many containers and one with few."""
    few = Gantry(os.path.join(disk, "few"), os.path.join(context.state, "few"))
    with few, idle(context, few, FEW):
        takers = {
            "gantry": lambda: context.clock.time([*gantry.cli, "ps"]),
            f"gantry ps with {FEW}": lambda: context.clock.time([*few.cli, "ps"]),
        }
        samples = in_turn(context.rounds(15), takers, before=settle, warm=2)
    return compare("many.ps", "ms", samples, "gantry", f"gantry ps with {FEW}", 3, note=f"ps with {COUNT} running")


def answer(gantry):
    """Waits until the daemon answers a call. Connects again and again, as a client does that finds no daemon yet."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with Connection(gantry.socket) as connection:
                return connection.call("system.ping", {})
        except (OSError, RuntimeError):
            if gantry.daemon.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.001)


def restarted(gantry):
    """Seconds from the start of a daemon, after the one before was killed, to its first answer."""
    gantry.daemon.kill()
    gantry.daemon.wait()
    settle()
    start = time.perf_counter()
    gantry.spawn(gantry.command())
    answer(gantry)
    elapsed = time.perf_counter() - start
    running = len(sh(*gantry.cli, "ps", "-q").split())
    if running != COUNT:
        raise Failure(f"start gantryd again: {running} of {COUNT} containers run")
    return elapsed


def start_row(context, gantry):
    samples = in_turn(context.rounds(5), {"gantry": lambda: restarted(gantry)})
    return Row("many.start", "s", median(samples["gantry"]), goal=1, samples=samples,
               note=f"gantryd started with {COUNT} running containers, after a kill, until its socket answers")


def measure(context):
    found = {}
    if context.gantry:
        with context.disks.fresh() as disk, Gantry(disk, context.state) as gantry, idle(context, gantry, COUNT) as names:
            if context.wants("many.memory"):
                found["gantry"] = [held(gantry, names)]
            if context.wants("many.ps"):
                yield ps_row(context, disk, gantry)
            if context.wants("many.start"):
                yield start_row(context, gantry)
    if context.wants("many.memory"):
        with context.disks.fresh() as disk, Containerd(disk, context.state) as ctr, idle(context, ctr, COUNT) as names:
            found["ctr"] = [held(ctr, names)]
        yield compare("many.memory", "MB", found, "gantry", "ctr", 0.25,
                      note=f"daemon and shims, {COUNT} idle containers, proportional set sizes")
