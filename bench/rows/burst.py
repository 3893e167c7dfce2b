"""A hundred containers asked for at once: what a scheduler does to an engine when a node comes up."""

import contextlib

from core import compare, in_turn, settle
from engines import Containerd, Gantry

NAMES = ["burst"]
IMAGE = "docker.io/library/busybox:latest"
COUNT = 100


def rate(context, engine):
    """A function that takes a sample: containers a second, from the first command's start to the last one's answer."""

    def take():
        names = [engine.fresh_name() for _ in range(COUNT)]
        commands = [engine.detached(name, IMAGE, "sleep", "1000000") for name in names]
        try:
            return COUNT * 1000 / context.clock.time_together(commands)
        finally:
            engine.remove(names)

    return take


def measure(context):
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(context.disks.fresh())
        kinds = ([Gantry] if context.gantry else []) + [Containerd]
        engines = {kind.name: stack.enter_context(kind(disk, context.state)) for kind in kinds}
        for engine in engines.values():
            context.clock.time(engine.load(context.busybox("oci")))
        takers = {name: rate(context, engine) for name, engine in engines.items()}
        samples = in_turn(context.rounds(3), takers, before=settle)
        yield compare("burst.ctr", "/s", samples, "gantry", "ctr", 3, more_is_better=True,
                      note=f"{COUNT} x run -d started side by side, until all have answered")
