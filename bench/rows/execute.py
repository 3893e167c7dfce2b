"""Joining a container that runs (`exec`), and the first key of an interactive one: what a person waits for."""

import contextlib
import os
import select
import termios
import time

from core import Failure, compare, in_turn, settle
from engines import Docker, Gantry

NAMES = ["exec", "echo"]
IMAGE = "docker.io/library/busybox:latest"


def first_key(argv):
    """Milliseconds from the command to the echo of a key that was typed at once, by the container's terminal.

    Our own terminal does not echo, so what comes back was through client, shim and container; `cat` is what runs.
    """
    ours, theirs = os.openpty()
    mode = termios.tcgetattr(theirs)
    mode[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(theirs, termios.TCSANOW, mode)
    actions = [(os.POSIX_SPAWN_DUP2, theirs, number) for number in range(3)]
    try:
        os.write(ours, b"Q")
        start = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=actions, setsid=True)
        seen, elapsed = b"", None
        while elapsed is None:
            if not select.select([ours], [], [], 20)[0]:
                raise Failure(f"run '{' '.join(argv)}': no echo in 20 s: {seen!r}")
            seen += os.read(ours, 4096)
            if b"Q" in seen:
                elapsed = (time.perf_counter() - start) * 1000
        # The end of the line, and of cat's input.
        os.write(ours, b"\r\x04")
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            raise Failure(f"run '{' '.join(argv)}': exit status {os.waitstatus_to_exitcode(status)}")
        return elapsed
    finally:
        os.close(ours)
        os.close(theirs)


def measure(context):
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(context.disks.fresh())
        engines = {"docker": stack.enter_context(Docker(disk, context.state))}
        if context.gantry:
            engines["gantry"] = stack.enter_context(Gantry(disk, context.state, network="host"))
        for engine in engines.values():
            context.clock.time(engine.load(context.busybox("docker")))

        if context.wants("exec"):
            takers = {}
            for label, engine in engines.items():
                name = engine.fresh_name()
                context.clock.time(engine.detached(name, IMAGE, "sleep", "1000000"))
                stack.callback(engine.remove, [name])
                takers[label] = lambda argv=engine.execute(name, "true"): context.clock.time(argv)
            samples = in_turn(context.rounds(15), takers, before=settle, warm=2)
            yield compare("exec.docker", "ms", samples, "gantry", "docker", 0.35, note="exec CONTAINER true")

        if context.wants("echo"):
            takers = {
                label: lambda argv=engine.interactive(IMAGE, "cat"): first_key(argv) for label, engine in engines.items()
            }
            samples = in_turn(context.rounds(10), takers, before=settle, warm=2)
            yield compare("echo.docker", "ms", samples, "gantry", "docker", 0.40, note="run --rm -it cat: first key echoed")
