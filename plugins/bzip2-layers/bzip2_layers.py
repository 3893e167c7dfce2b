#!/usr/bin/env python3
"""bzip2-layers: a differ for Gantry that reads layers packed with bzip2.

    bzip2_layers.py --socket /run/bzip2-layers.sock

gantryd asks it for each layer of a type in its manifest, and gets the plain tar archive. Everything else (what an archive
may hold, digests, writing) is gantryd's.
"""

import argparse
import bz2
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "python"))
from gantry_plugin import Bytes, Failure, serve  # noqa: E402


def pieces(path):
    try:
        with bz2.open(path) as file:
            while piece := file.read(1 << 20):
                yield piece
    except (EOFError, OSError) as error:
        raise Failure("data_loss", f"decode '{path}': {error}") from error


def decode(mediaType, digest, size, path):
    return Bytes(pieces(path))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", default=os.environ.get("GANTRY_PLUGIN_SOCKET", "/run/bzip2-layers.sock"))
    parser.add_argument("--name", default=os.environ.get("GANTRY_PLUGIN_NAME", "bzip2-layers"))
    options = parser.parse_args()
    serve(options.socket, {"kind": "differ.v1", "name": options.name, "version": "1"}, {"differ.decode": decode})


if __name__ == "__main__":
    main()
