"""Pulling a Debian image of one gzip layer from a registry on loopback, on a file system made anew for every sample."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

from core import Failure, compare, in_turn
from engines import Containerd, Gantry
from machine import program, sh

NAMES = ["pull"]


@contextlib.contextmanager
def registry(context):
    """Debian's docker-registry in memory, holding the image; its address."""
    archive, _ = context.debian()
    root = os.path.join(context.disks.memory, "registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    config = os.path.join(context.state, "registry.yml")
    with open(config, "w") as file:
        file.write(
            f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {root}}}}}\n"
            f"http: {{addr: '{address}'}}\n"
        )
    log = open(os.path.join(context.state, "registry.log"), "ab")
    server = subprocess.Popen(
        [program("docker-registry"), "serve", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    log.close()
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://{address}/v2/", timeout=1).close()
                break
            if server.poll() is not None:
                raise Failure("docker-registry ended at its start")
            time.sleep(0.05)
        sh(program("skopeo"), "copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false", f"oci-archive:{archive}",
           f"docker://{address}/debian-bench:latest")
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
        shutil.rmtree(root, ignore_errors=True)


def taker(context, kind, image):
    def take():
        with context.disks.fresh() as disk, kind(disk, context.state) as engine:
            return context.clock.time(engine.pull(image)) / 1000

    return take


def measure(context):
    with registry(context) as address:
        image = f"{address}/debian-bench:latest"
        takers = {"gantry": taker(context, Gantry, image)} if context.gantry else {}
        takers["ctr"] = taker(context, Containerd, image)
        samples = in_turn(context.rounds(5), takers, warm=0)
        yield compare("pull.ctr", "s", samples, "gantry", "ctr", 0.55, note="from docker-registry on loopback, unpacked to overlayfs")
