"""What a row of the table is, how samples are taken, and how results are printed and written."""

import json
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field


class Failure(Exception):
    """A measurement that could not be taken; its text says which and why."""


@dataclass
class Row:
    """One line of the table.

    With a peer, `goal` bounds the ratio gantry/peer; without, it bounds our own figure in `unit`. No goal: shown for
    information.
    """

    name: str
    unit: str
    gantry: float | None = None
    peer: float | None = None
    peer_name: str | None = None
    goal: float | None = None
    more_is_better: bool = False
    samples: dict = field(default_factory=dict)
    note: str = ""

    @property
    def ratio(self):
        if self.gantry is None or not self.peer:
            return None
        return self.gantry / self.peer

    @property
    def met(self):
        value = self.ratio if self.peer_name else self.gantry
        if self.goal is None or value is None:
            return None
        return value >= self.goal if self.more_is_better else value <= self.goal

    def document(self):
        return {
            "name": self.name,
            "unit": self.unit,
            "gantry": self.gantry,
            "peer": self.peer,
            "peerName": self.peer_name,
            "ratio": self.ratio,
            "goal": self.goal,
            "met": self.met,
            "samples": self.samples,
            "note": self.note,
        }


def in_turn(rounds, takers, before=None, warm=1):
    """Takes `rounds` samples of each taker, A B C A B C, after `warm` rounds that are thrown away.

    `takers` maps a label to a function that returns one figure. In turn, because the machine's mood (cache, frequency,
    a neighbour) then falls on all alike. A taker that fails takes the whole row down: half a row proves nothing.
    """
    samples = {label: [] for label in takers}
    for number in range(warm + rounds):
        for label, take in takers.items():
            if before:
                before()
            value = take()
            if number >= warm:
                samples[label].append(value)
    return samples


def settle():
    """Lets what the last sample left for later (clean-up after the answer) end before the next one starts."""
    time.sleep(0.1)


def median(values):
    return statistics.median(values) if values else None


def compare(name, unit, samples, ours, peer, goal=None, more_is_better=False, note=""):
    """A row from samples taken in turn: `ours` and `peer` are their labels."""
    mine, theirs = samples.get(ours, []), samples[peer]
    return Row(name, unit, median(mine), median(theirs), peer, goal, more_is_better,
               samples={"gantry": mine, "peer": theirs}, note=note)


def side_by_side(work, items, lanes=8):
    """Does `work` for every item, a few at a time: for what has to be there but is not timed."""
    with ThreadPoolExecutor(lanes) as pool:
        list(pool.map(work, items))


class Clock:
    """Runs commands and times them; spawned by posix_spawn, so that the size of this interpreter does not count."""

    def __init__(self, log):
        self.log = log
        self.null = os.open(os.devnull, os.O_RDWR)

    def time(self, argv, env=None, expect=0):
        """Milliseconds from spawning the command to its exit. Its output goes to the log, and into the failure."""
        return self.time_together([argv], env, expect)

    def time_together(self, commands, env=None, expect=0):
        """Milliseconds from spawning the first of these commands, none waiting for another, to the exit of the last."""
        errors = os.open(self.log, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        actions = [
            (os.POSIX_SPAWN_DUP2, self.null, 0),
            (os.POSIX_SPAWN_DUP2, errors, 1),
            (os.POSIX_SPAWN_DUP2, errors, 2),
        ]
        try:
            start = time.perf_counter()
            pids = [os.posix_spawn(argv[0], argv, env or os.environ, file_actions=actions) for argv in commands]
            statuses = [os.waitpid(pid, 0)[1] for pid in pids]
            elapsed = (time.perf_counter() - start) * 1000
            for argv, code in zip(commands, map(os.waitstatus_to_exitcode, statuses)):
                if code != expect:
                    said = os.pread(errors, 4000, 0).decode(errors="replace").strip()
                    raise Failure(f"run '{' '.join(argv)}': exit status {code}: {said}")
            return elapsed
        finally:
            os.close(errors)


def shown(value, unit):
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def figure(goal):
    return f"{goal:,.0f}" if goal >= 10 else f"{goal:.3g}"


def table(rows):
    """The rows as lines of a Markdown table, which is also fit to read in a terminal."""
    head = ["row", "gantry", "peer", "peer is", "ratio", "goal", ""]
    lines = [head]
    for row in rows:
        goal = "-"
        if row.goal is not None:
            sign = "≥" if row.more_is_better else "≤"
            goal = f"{sign} {figure(row.goal)}" + ("" if row.peer_name else f" {row.unit}")
        verdict = {None: "", True: "met", False: "MISSED"}[row.met]
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append(
            [row.name, shown(row.gantry, row.unit), shown(row.peer, row.unit), row.peer_name or "-", ratio, goal, verdict]
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    texts = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    texts.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return texts + [f"{row.name}: {row.note}" for row in rows if row.note]


def write(rows, path):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w") as file:
        json.dump([row.document() for row in rows], file, indent=2)
        file.write("\n")
