"""Measures gantry against what people would pick instead, side by side on this machine.

`make bench [ONLY=run,import]`. Prints a table and writes a JSON list; see docs/benchmarks.md for how to read it.
"""

import argparse
import os
import sys

import guard
from core import Clock, table, write
from engines import Gantry
from machine import Disks, crun_can_run, description, sh
from rows import burst, detached, execute, importing, many, pulling, rpc, run, snapshots

HERE = os.path.dirname(os.path.abspath(__file__))
FAMILIES = [run, detached, burst, many, execute, importing, pulling, rpc, snapshots]


class Context:
    """What the rows need: the work directory, fresh disks, a clock, images, and what was asked for."""

    def __init__(self, arguments, work, disks):
        self.work, self.disks = work, disks
        self.scripts = os.path.join(HERE, "..", "scripts")
        self.cache = os.environ.get("GANTRY_CACHE") or os.path.join(HERE, "..", ".build", "cache")
        self.gantry = not arguments.peers_only
        self.only = arguments.only
        self.factor = arguments.rounds
        # In memory, as /run is: a root without a journal looks through all that was deleted in the last minutes to make
        # a file, which charges whoever comes next. The name is short because sockets' paths have 107 bytes.
        self.state = os.path.join(disks.memory, "s")
        os.mkdir(self.state)
        self.clock = Clock(os.path.join(work, "output"))

    def rounds(self, usual):
        return self.factor or usual

    def wants(self, name):
        return not self.only or any(name.startswith(asked) or asked.startswith(name) for asked in self.only)

    def shows(self, row):
        return not self.only or any(row.name.startswith(asked) for asked in self.only)

    def busybox(self, form):
        path = os.path.join(self.work, f"busybox-{form}.tar")
        if not os.path.exists(path):
            sh(os.path.join(self.scripts, "make-busybox-image"), path, "--format", form)
        return path

    def debian(self):
        """The Debian image's archive and the bare layer, from the cache where they were made once."""
        os.makedirs(self.cache, exist_ok=True)
        archive, layer = os.path.join(self.cache, "debian.tar"), os.path.join(self.cache, "debian.tar.gz")
        if not (os.path.exists(archive) and os.path.exists(layer)):
            print("making the Debian image (once) ...", file=sys.stderr, flush=True)
            sh(os.path.join(self.scripts, "make-debian-image"), archive, "--layer", layer,
               env={**os.environ, "GANTRY_CACHE": self.cache})
        return archive, layer


def main(arguments, work):
    rows, failed = [], False
    with crun_can_run(), Disks(work) as disks:
        context = Context(arguments, work, disks)
        for family in FAMILIES:
            if not any(context.wants(name) for name in family.NAMES):
                continue
            print(f"measuring {', '.join(family.NAMES)} ...", file=sys.stderr, flush=True)
            try:
                rows += [row for row in family.measure(context) if context.shows(row)]
            except Exception as error:
                # One family that cannot be measured must not hide the others, nor pass for measured.
                while error:
                    print(f"bench: {family.NAMES[0]}: {error}", file=sys.stderr, flush=True)
                    error = error.__context__
                failed = True
    for line in description() + table(rows):
        print(line)
    write(rows, arguments.out)
    return 1 if failed else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", default=os.path.join(HERE, "..", ".build", "release"), help="where gantryd, gantry and gantry-shim are")
    parser.add_argument("--out", default=os.path.join(HERE, "..", ".build", "bench.json"), help="the JSON list to write")
    parser.add_argument("--only", type=lambda text: [name for name in text.split(",") if name], default=[], help="rows by the beginning of their name")
    parser.add_argument("--rounds", type=int, help="samples of each row, instead of its usual number")
    parser.add_argument("--peers-only", action="store_true", help="leave gantry out")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = parse()
    Gantry.programs = os.path.abspath(arguments.programs)
    guard.run(lambda work: main(arguments, work))
