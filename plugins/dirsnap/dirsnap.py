#!/usr/bin/env python3
"""dirsnap: a snapshotter for Gantry that keeps a full copy of the files for every snapshot.

    dirsnap.py --root /var/lib/dirsnap --socket /run/dirsnap.sock

It needs nothing of the file system, and is meant to be read: docs/plugins.md goes through it line by line. Below the root
lies a directory for each snapshot, NUMBER/fs with its files and NUMBER/snapshot.json with what is known of it. The JSON is
written last, and renamed into place: a directory without one is a draft that a crash left, and goes at the next start.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "python"))
from gantry_plugin import Failure, serve  # noqa: E402


class Snapshots:
    def __init__(self, root):
        self.root = root
        self.known = {}  # name -> what snapshot.json holds, and "number"
        self.held = set()  # names that a call is just changing
        self.users = {}  # name -> how many calls are just copying from it
        self.lock = threading.Lock()  # never held while files are copied
        os.makedirs(root, mode=0o700, exist_ok=True)
        self.last = 0
        for entry in os.listdir(root):
            self.last = max(self.last, int(entry.split(".")[0]))
            try:
                with open(f"{root}/{entry}/snapshot.json") as file:
                    record = json.load(file)
            except (OSError, ValueError):
                shutil.rmtree(f"{root}/{entry}")
                continue
            record["number"] = int(entry)
            # A crash in the middle of a commit cannot leave two: a commit is one rename.
            self.known[record["name"]] = record

    # -- what a snapshot is ------------------------------------------------------------------------------------------

    def place(self, record):
        return f"{self.root}/{record['number']}"

    def find(self, name, operation):
        if name not in self.known:
            raise Failure("not_found", f"{operation} '{name}': no such snapshot")
        return self.known[name]

    def info(self, record):
        shown = {key: record[key] for key in ("kind", "name", "labels", "created", "updated")}
        for key in ("parent", "from"):
            if record.get(key) is not None:
                shown[key] = record[key]
        # A committed snapshot was written back before the commit was answered.
        shown["synced"] = record["kind"] == "committed"
        return shown

    def save(self, record):
        place = self.place(record)
        kept = {key: value for key, value in record.items() if key != "number"}
        with open(f"{place}/snapshot.json.new", "w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(f"{place}/snapshot.json.new", f"{place}/snapshot.json")
        for directory in (place, self.root):
            handle = os.open(directory, os.O_DIRECTORY)
            os.fsync(handle)
            os.close(handle)

    def measure(self, record):
        size, inodes, seen = 0, 0, set()
        top = self.place(record) + "/fs"
        for directory, _, files in os.walk(top):
            for path in [directory] + [os.path.join(directory, name) for name in files]:
                status = os.lstat(path)
                if status.st_ino in seen:
                    continue
                seen.add(status.st_ino)
                size += status.st_blocks * 512
                inodes += 1
        return {"bytes": size, "inodes": inodes}

    @contextlib.contextmanager
    def hold(self, *names):
        """Keeps names for one call: another that wants to change the same snapshot is told to come again."""
        with self.lock:
            for name in names:
                if name in self.held:
                    raise Failure("aborted", f"change snapshot '{name}': another call is changing it")
            self.held.update(names)
        try:
            yield
        finally:
            with self.lock:
                self.held.difference_update(names)

    # -- the methods of snapshotter.v1 -------------------------------------------------------------------------------

    def stat(self, key):
        return self.info(self.find(key, "stat snapshot"))

    def list(self):
        return iter([self.info(record) for record in list(self.known.values())])

    def mounts(self, key):
        record = self.find(key, "mount snapshot")
        if record["kind"] == "committed":
            raise Failure("failed_precondition", f"mount snapshot '{key}': it is committed; make a view of it")
        options = ["rbind", "ro" if record["kind"] == "view" else "rw"]
        return {"mounts": [{"type": "bind", "source": self.place(record) + "/fs", "options": options}]}

    def usage(self, key):
        record = self.find(key, "measure snapshot")
        return record.get("usage") or self.measure(record)

    def make(self, kind, key, parent, labels):
        if not 1 <= len(key.encode()) <= 1024 or "\0" in key:
            raise Failure("invalid_argument", f"make snapshot '{key}': a key has 1 to 1024 bytes and no NUL")
        # Whoever wants to remove the parent while it is copied is refused.
        with self.hold(key), self.sharing(parent):
            if key in self.known:
                raise Failure("already_exists", f"make snapshot '{key}': a snapshot of this name exists")
            if parent is not None:
                below = self.find(parent, f"make snapshot '{key}' on")
                if below["kind"] != "committed":
                    raise Failure("failed_precondition", f"make snapshot '{key}': '{parent}' is not committed")
            with self.lock:
                self.last += 1
                number = self.last
            now = time.time_ns()
            record = {"kind": kind, "name": key, "parent": parent, "labels": labels or {}, "created": stamp(now),
                      "updated": stamp(now), "number": number}
            try:
                os.mkdir(self.place(record), 0o700)
                if parent is None:
                    os.mkdir(self.place(record) + "/fs", 0o755)
                else:
                    copy(self.place(below) + "/fs", self.place(record) + "/fs")
                self.save(record)
            except BaseException:
                shutil.rmtree(self.place(record), ignore_errors=True)
                raise
            self.known[key] = record
        return self.mounts(key)

    @contextlib.contextmanager
    def sharing(self, parent):
        """Counts those who copy from a parent."""
        with self.lock:
            self.users[parent] = self.users.get(parent, 0) + 1
        try:
            yield
        finally:
            with self.lock:
                self.users[parent] -= 1
                if self.users[parent] == 0:
                    del self.users[parent]

    def prepare(self, key, parent=None, labels=None):
        return self.make("active", key, parent, labels)

    def view(self, key, parent=None, labels=None):
        return self.make("view", key, parent, labels)

    def commit(self, key, name, labels=None, usage=None):
        with self.hold(key, name):
            record = self.find(key, "commit snapshot")
            if record["kind"] != "active":
                raise Failure("failed_precondition", f"commit snapshot '{key}': it is {record['kind']}")
            if name in self.known:
                raise Failure("already_exists", f"commit snapshot '{key}': '{name}' exists")
            new = {**record, "kind": "committed", "name": name, "from": key, "labels": labels or {},
                   "usage": usage or self.measure(record), "created": stamp(time.time_ns()),
                   "updated": stamp(time.time_ns())}
            os.sync()
            self.save(new)
            with self.lock:
                del self.known[key]
                self.known[name] = new

    def update(self, key, labels):
        with self.hold(key):
            record = dict(self.find(key, "update snapshot"), labels=labels, updated=stamp(time.time_ns()))
            self.save(record)
            self.known[key] = record
            return self.info(record)

    def remove(self, key):
        with self.hold(key):
            record = self.find(key, "remove snapshot")
            with self.lock:
                children = sum(1 for other in self.known.values() if other.get("parent") == key)
                if children or key in self.users:
                    raise Failure("failed_precondition", f"remove snapshot '{key}': others stand on it")
                del self.known[key]
            # Without its JSON it is a draft: whatever happens now, it never comes back.
            os.unlink(self.place(record) + "/snapshot.json")
            shutil.rmtree(self.place(record))

    def sync(self, name):
        if self.find(name, "sync snapshot")["kind"] != "committed":
            raise Failure("failed_precondition", f"sync snapshot '{name}': it is not committed")


def copy(source, target):
    """Copies a tree with everything: links, owners, attributes, holes, times."""
    done = subprocess.run(["cp", "-a", "--sparse=auto", "--reflink=auto", source, target], capture_output=True)
    if done.returncode != 0:
        code = "resource_exhausted" if b"No space left" in done.stderr else "internal"
        raise Failure(code, f"copy '{source}': {done.stderr.decode(errors='replace').strip()}")


def stamp(nanoseconds):
    """RFC 3339 with nanoseconds."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z"


def main():
    # gantryd says where, when it starts us; without it, the command line does.
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=os.environ.get("GANTRY_PLUGIN_ROOT", "/var/lib/dirsnap"))
    parser.add_argument("--socket", default=os.environ.get("GANTRY_PLUGIN_SOCKET", "/run/dirsnap.sock"))
    parser.add_argument("--name", default=os.environ.get("GANTRY_PLUGIN_NAME", "dirsnap"))
    options = parser.parse_args()
    snapshots = Snapshots(os.path.abspath(options.root))
    names = ["stat", "list", "mounts", "usage", "prepare", "view", "commit", "update", "remove", "sync"]
    serve(options.socket, {
        "kind": "snapshotter.v1", "name": options.name, "version": "1", "capabilities": ["sync"],
        "exports": {"root": snapshots.root},
    }, {f"snapshots.{name}": getattr(snapshots, name) for name in names})


if __name__ == "__main__":
    main()
