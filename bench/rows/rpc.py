"""How fast the daemon answers on its socket; figures of our own, with goals in absolute terms."""

import json
import os
import time

from core import Row, median
from engines import Gantry
from machine import program, sh
from wire import Connection

NAMES = ["rpc"]
IMAGE = "docker.io/library/busybox:latest"
MANY = 10_000


def build(context, name):
    source = os.path.join(os.path.dirname(os.path.dirname(__file__)), name + ".c")
    out = os.path.join(context.work, name)
    sh(program("cc"), "-O2", "-Wall", "-o", out, source, "-lpthread")
    return out


def measure(context):
    if not context.gantry:
        return
    client = build(context, "rpc_client")
    with context.disks.fresh() as disk, Gantry(disk, context.state) as gantry:
        context.clock.time(gantry.load(context.busybox("oci")))
        yield from get_rows(context, gantry, client)
        yield list_row(context, gantry, build(context, "rpc_list"))


def get_rows(context, gantry, client):
    container = sh(*gantry.cli, "create", "--runtime", "crun", IMAGE, "true").strip()
    params = json.dumps({"container": container})

    def once(connections):
        return json.loads(sh(client, gantry.socket, "containers.get", params, str(connections), "2"))

    alone = [once(1) for _ in range(context.rounds(5))]
    crowd = [once(16) for _ in range(context.rounds(5))]
    microseconds = [result["p50_us"] for result in alone]
    rates = [result["rate"] for result in crowd]
    yield Row("rpc.get", "µs", median(microseconds), goal=40, samples={"gantry": microseconds},
              note="containers.get from a C client, one connection, median")
    yield Row("rpc.get.rate", "/s", median(rates), goal=40_000, more_is_better=True, samples={"gantry": rates},
              note="the same over 16 connections")
    swift = os.path.join(gantry.programs, "rpc-bench")
    own = [json.loads(sh(swift, gantry.socket, container, "2"))["p50_us"] for _ in range(context.rounds(5))]
    yield Row("rpc.get.swift", "µs", median(own), samples={"gantry": own}, note="the same through GantryClient")
    gantry.remove([container])


def list_row(context, gantry, client):
    """The answer to a client in C that lists many containers, read to its last frame."""
    with Connection(gantry.socket) as connection:
        for number in range(MANY):
            connection.call("containers.create", {"name": f"many-{number}", "image": IMAGE, "command": ["true"]})
    result = json.loads(sh(client, gantry.socket, "containers.list", '{"all":true}', str(context.rounds(9))))
    if result["items"] != MANY:
        raise RuntimeError(f"list containers: {result['items']} of {MANY}")
    return Row("rpc.list", "ms", median(result["ms"]), goal=60, samples={"gantry": result["ms"]},
               note=f"containers.list of {MANY:,}, {result['bytes']:,} bytes, to a client in C that reads every frame")
