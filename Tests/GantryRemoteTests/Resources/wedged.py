#!/usr/bin/env python3
"""A snapshotter plugin with one bad habit, for tests: wedged.py MOOD --root DIR --socket PATH.

deaf: takes connections and reads nothing. silent: reads and never answers. garbage: answers with bytes that are no frame.
nonsense: answers JSON that is no answer. dies: ends in the middle of a call. late: answers after two seconds.
outside: mounts /etc. newer: speaks protocol 2. well: has none.
While the file ROOT/well exists it has none either: so a test lets it get well.
"""

import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../plugins/python"))
import gantry_plugin as plugin  # noqa: E402

mood, root, path = sys.argv[1], sys.argv[3], sys.argv[5]
os.makedirs(root + "/fs", exist_ok=True)
STAMP = "2026-01-01T00:00:00Z"
DESCRIPTION = {"kind": "snapshotter.v1", "name": os.environ.get("GANTRY_PLUGIN_NAME", "test"), "version": "1",
               "exports": {"root": root}}


def info(key):
    return {"kind": "active", "name": key, "labels": {}, "created": STAMP, "updated": STAMP, "synced": False}


def mounts(**_):
    return {"mounts": [{"type": "bind", "source": "/etc" if mood == "outside" else root + "/fs", "options": ["rbind"]}]}


METHODS = {
    "snapshots.stat": info, "snapshots.prepare": mounts, "snapshots.mounts": mounts, "snapshots.remove": lambda key: None,
    "snapshots.list": lambda: iter([]),
}


def talk(connection):
    while True:
        if mood == "deaf" and not os.path.exists(root + "/well"):
            time.sleep(0.05)
            continue
        request = plugin.receive(connection)
        if request is None:
            return
        # It describes itself always but when deaf: the bad habit shows in calls.
        habit = "well" if os.path.exists(root + "/well") else mood
        name = request.get("method", "")
        if habit == "newer" and name == "rpc.hello":
            plugin.send(connection, {"jsonrpc": "2.0", "id": request["id"], "result": {"protocol": 2}})
            continue
        if name in ("rpc.hello", "plugin.describe") and not os.path.exists(root + "/ill"):
            habit = "well"
        if habit == "silent":
            continue
        if habit == "garbage":
            connection.sendall(b"\0\0\0\5hello")
            continue
        if habit == "nonsense":
            plugin.send(connection, {"jsonrpc": "2.0", "id": request["id"], "result": {"mounts": 7}})
            continue
        if habit == "dies":
            os._exit(3)
        if habit == "late":
            time.sleep(2)
        plugin._answer(connection, DESCRIPTION, METHODS, request)


def serve(connection):
    try:
        talk(connection)
    except (OSError, ValueError, struct.error):
        pass


if os.path.exists(path):
    os.unlink(path)
listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
os.umask(0o177)
listener.bind(path)
listener.listen(4 if mood == "deaf" else 64)
while True:
    client, _ = listener.accept()
    threading.Thread(target=serve, args=(client,), daemon=True).start()
