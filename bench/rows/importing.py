"""Loading a Debian image of one gzip layer until it can run, on a file system made anew for every sample."""

import os
import shutil
import time

from core import compare, in_turn
from engines import Containerd, Gantry, Podman
from machine import program, sh, warm

NAMES = ["import", "erofs"]
IMAGE = "docker.io/library/debian-bench:latest"


def engine_taker(context, kind, archive):
    def take():
        with context.disks.fresh() as disk, kind(disk, context.state) as engine:
            elapsed = context.clock.time(engine.load(archive)) / 1000
        return elapsed

    return take


def start_taker(context, driver, archive):
    """Loading the image with this snapshotter, and a first container of it, until that has ended."""
    class OnDriver(Gantry):
        def command(self):
            config = os.path.join(context.work, f"{driver}.toml")
            with open(config, "w") as file:
                file.write(f'snapshotter = "{driver}"\n')
            return [*super().command(), "--config", config]

    def take():
        with context.disks.fresh() as disk, OnDriver(disk, context.state) as engine:
            elapsed = context.clock.time(engine.load(archive))
            return (elapsed + context.clock.time(engine.run(IMAGE, "true"))) / 1000

    return take


def tar_taker(context, layer):
    def take():
        with context.disks.fresh() as disk:
            start = time.perf_counter()
            context.clock.time([program("tar"), "-C", disk, "--numeric-owner", "-xpzf", layer])
            sh("sync", "--file-system", disk)
            return time.perf_counter() - start

    return take


def import_rows(context, archive, layer):
    takers = {"gantry": engine_taker(context, Gantry, archive)} if context.gantry else {}
    takers |= {
        "ctr": engine_taker(context, Containerd, archive),
        "tar": tar_taker(context, layer),
        "podman": engine_taker(context, Podman, archive),
    }
    samples = in_turn(context.rounds(5), takers, warm=0)
    yield compare("import.ctr", "s", samples, "gantry", "ctr", 0.55, note="ctr image import, unpacked to overlayfs")
    yield compare("import.tar", "s", samples, "gantry", "tar", 0.8, note="tar -xzf and a sync of that file system")
    yield compare("import.podman", "s", samples, "gantry", "podman")


def measure(context):
    archive, layer = context.debian()
    # In memory beside the disks: the archive's own disk is no part of the comparison.
    archive = shutil.copy(archive, os.path.join(context.disks.memory, "debian.tar"))
    layer = shutil.copy(layer, os.path.join(context.disks.memory, "debian.tar.gz"))
    try:
        warm(archive)
        if context.wants("import"):
            yield from import_rows(context, archive, layer)
        if context.gantry and context.wants("erofs"):
            takers = {driver: start_taker(context, driver, archive) for driver in ["erofs", "overlayfs"]}
            samples = in_turn(context.rounds(5), takers, warm=0)
            yield compare("erofs.start", "s", samples, "erofs", "overlayfs", 0.5,
                          note="load and a first container, on erofs and on our own overlayfs")
    finally:
        os.unlink(archive)
        os.unlink(layer)
