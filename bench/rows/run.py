"""`run --rm IMAGE true`: the whole life of a container, from the command to its end."""

import contextlib

from bundle import make_bundle
from core import compare, in_turn, settle
from engines import Bare, Containerd, Docker, Gantry, Podman

NAMES = ["run"]
IMAGE = "docker.io/library/busybox:latest"


def measure(context):
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(context.disks.fresh())
        engines = [stack.enter_context(kind(disk, context.state)) for kind in (Containerd, Docker, Podman)]
        gantry = None
        if context.gantry:
            gantry = stack.enter_context(Gantry(disk, context.state))
            context.clock.time(gantry.load(context.busybox("oci")))
        for engine in engines:
            context.clock.time(engine.load(context.busybox("docker" if isinstance(engine, Docker) else "oci")))

        # Taken from a container of gantry's own, so that the bare runtime does the same work.
        bundle = make_bundle(context, gantry, disk, IMAGE)
        takers = {}
        if gantry:
            takers["gantry"] = lambda: context.clock.time(gantry.run(IMAGE, "true"))
            takers["gantry host"] = lambda: context.clock.time(gantry.run(IMAGE, "true", network="host"))
        for engine in engines:
            takers[engine.name] = lambda engine=engine: context.clock.time(engine.run(IMAGE, "true"))
        for bare in (Bare("crun", bundle, context.state), Bare("runc", bundle, context.state)):
            takers[bare.name] = lambda bare=bare: context.clock.time(bare.run())

        samples = in_turn(context.rounds(15), takers, before=settle, warm=2)
        yield compare("run.ctr", "ms", samples, "gantry", "ctr", 0.25)
        yield compare("run.docker", "ms", samples, "gantry host", "docker", 0.15, note="both on the host's network")
        yield compare("run.podman", "ms", samples, "gantry", "podman")
        yield compare("run.crun", "ms", samples, "gantry", "crun", 1.6)
        yield compare("run.runc", "ms", samples, "gantry", "runc")
