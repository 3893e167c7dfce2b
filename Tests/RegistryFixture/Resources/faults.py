"""usage: faults.py PORT [CERTIFICATE KEY [AUTHORITY]]

A registry that misbehaves: the first part of a repository's name says how. Prints three ports: its own, and that of another
host which is storage and token service, and one where nobody ever answers. GET /log tells (and forgets) what either was asked for.
"""

import hashlib
import json
import socket
import sys
import threading
import time
import urllib.parse

from common import Handler, listen, serve

BLOB = b"".join(hashlib.sha512(str(i).encode()).digest() for i in range(48 * 1024)) + b"the end"
BLOB_NAME = "sha256:" + hashlib.sha256(BLOB).hexdigest()
TYPE = "application/vnd.oci.image.manifest.v1+json"
PART = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": BLOB_NAME, "size": len(BLOB)}
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": TYPE, "config": PART, "layers": [PART]}).encode()
OF_BLOBS = {"longer", "shorter", "short", "crumbs", "silent-end", "range-ignored", "wrong-range", "no-range"}
LOG, LOCK, COUNTS = [], threading.Lock(), {}


def count(key):
    """How often this was asked before."""
    with LOCK:
        COUNTS[key] = COUNTS.get(key, -1) + 1
        return COUNTS[key]


def error(code, message):
    return {"errors": [{"code": code, "message": message}]}


class Faults(Handler):
    def note(self, host):
        with LOCK:
            LOG.append({"host": host, "method": self.command, "path": self.path, "range": self.headers.get("Range", ""),
                        "authorization": self.headers.get("Authorization", ""),
                        "agent": self.headers.get("User-Agent", "")})

    def do_GET(self):
        if self.path == "/log":
            with LOCK:
                log, LOG[:] = LOG[:], []
            return self.answer(200, log)
        self.note("registry")
        if self.path == "/v2/":
            return self.answer(200)
        parts = self.path.split("/")
        self.fault = parts[2]
        self.argument = parts[3] if parts[-2] != parts[3] else ""
        self.is_manifest = parts[-2] == "manifests"
        if self.is_manifest and self.fault in OF_BLOBS:
            return self.good()
        getattr(self, self.fault.replace("-", "_"), self.good)()

    def good(self):
        if self.is_manifest:
            return self.answer(200, MANIFEST, [("Content-Type", TYPE)])
        self.part(BLOB)

    def part(self, blob, cut=None, length=None, first=None):
        """The blob or the range of it that was asked for; `cut` bytes of it and then a hang-up."""
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        body = blob[start:]
        headers = [("Content-Length", str(len(body) if length is None else length))]
        if start:
            headers.append(("Content-Range", f"bytes {start if first is None else first}-{len(blob) - 1}/{len(blob)}"))
        self.answer(206 if start else 200, body[:cut], headers)
        if cut is not None:
            self.close_connection = True

    # Statuses

    def status(self):
        self.answer(int(self.argument), error("SOME_CODE", "words \x1b[31mof the\x07 registry " + "x" * 400))

    def page(self):
        self.answer(502, b"<html>" + b"bad gateway" * 20000)

    def busy(self):
        if count(self.path) == 0:
            return self.answer(429, error("TOOMANYREQUESTS", "slow down"), [("Retry-After", "1")])
        self.good()

    def busy_long(self):
        self.answer(429, error("TOOMANYREQUESTS", "come tomorrow"), [("Retry-After", "86400")])

    def flaky(self):
        if count(self.path) < 2:
            return self.answer(503)
        self.good()

    def no_name(self):
        self.answer(404, error("NAME_UNKNOWN", "repository name not known to registry"))

    # Redirects

    def circle(self):
        self.answer(307, headers=[("Location", self.path)])

    def far(self):
        number = count(self.path)
        if number < 9:
            return self.answer(302, headers=[("Location", self.path)])
        self.good()

    def away(self):
        if not self.headers.get("Authorization"):
            return self.answer(401, headers=[("WWW-Authenticate", 'Basic realm="test"')])
        if self.is_manifest:
            return self.good()
        self.answer(307, headers=[("Location", f"http://127.0.0.1:{OTHER}/storage")])

    def away_asking(self):
        self.answer(307, headers=[("Location", f"http://127.0.0.1:{OTHER}/asking")])

    def elsewhere(self):
        target = {"plain": "http://registry.invalid/x", "file": "file:///etc/passwd", "user": "http://a:b@127.0.0.1/x",
                  "down": f"http://127.0.0.1:{OTHER}/storage"}[self.argument]
        self.answer(302, headers=[("Location", target)])

    # Documents

    def wrong_digest(self):
        self.answer(200, MANIFEST, [("Content-Type", TYPE), ("Docker-Content-Digest", "sha256:" + "0" * 64)])

    def other_bytes(self):
        self.answer(200, MANIFEST + b"\n", [("Content-Type", TYPE)])

    def document(self):
        bodies = {"html": b"<html></html>", "list": b"[]", "empty": b"", "neither": b"{}",
                  "schema1": b'{"schemaVersion": 1, "fsLayers": []}', "deep": b"[" * 100000}
        self.answer(200, bodies[self.argument], [("Content-Type", TYPE)])

    def untyped(self):
        self.answer(200, MANIFEST.replace(b'"mediaType": "' + TYPE.encode() + b'", ', b""), [("Content-Type", "text/plain")])

    def header(self):
        self.answer(200, MANIFEST, [(f"X-{i}", "y" * 1000) for i in range(90)])

    # Bodies

    def endless(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        block = b"x" * 65536
        while True:
            self.wfile.write(b"10000\r\n" + block + b"\r\n")

    def longer(self):
        self.part(BLOB + b"more")

    def shorter(self):
        self.part(BLOB[:-1])

    def short(self):
        self.part(BLOB, cut=1 << 20)

    def crumbs(self):
        self.part(BLOB, cut=100)

    def silent_end(self):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(BLOB[:1000])
        self.close_connection = True

    def range_ignored(self):
        if not self.headers.get("Range"):
            return self.part(BLOB, cut=len(BLOB) // 2)
        self.answer(200, BLOB)

    def wrong_range(self):
        self.part(BLOB, first=7)

    def no_range(self):
        self.answer(416) if self.headers.get("Range") else self.part(BLOB)

    def stall(self):
        if count(self.path + self.argument) == 0 or self.argument == "always":
            self.answer(200, BLOB[:1000], [("Content-Length", str(len(BLOB)))])
            time.sleep(60)
        self.part(BLOB)

    def silent(self):
        time.sleep(60)

    def reset(self):
        if count(self.path) == 0:
            self.close_connection = True
            return
        self.good()

    # Authentication

    def basic(self):
        if not self.headers.get("Authorization"):
            return self.answer(401, error("UNAUTHORIZED", "authentication required"),
                               [("WWW-Authenticate", 'Digest realm="x", nonce="a,b", Basic realm="a \\"test\\""')])
        self.good() if self.headers["Authorization"] == "Basic dXNlcjpzZWNyZXQ=" else self.answer(401)

    def digest_only(self):
        self.answer(401, headers=[("WWW-Authenticate", 'Digest realm="x"')])

    def bearer(self):
        """A token from the other host; `argument` says what that does. One is good for three requests."""
        given = self.headers.get("Authorization", "")
        if given.startswith("Bearer good-") and count(given) < 3:
            return self.good()
        realm = {"plain": "http://registry.invalid/token", "none": "nowhere"}.get(
            self.argument, f"http://127.0.0.1:{OTHER}/token/{self.argument}")
        challenge = f'Bearer realm="{realm}",service="the service",scope="repository:{self.fault}:pull"'
        self.answer(401, error("UNAUTHORIZED", "authentication required"), [("WWW-Authenticate", challenge)])


class Other(Faults):
    """Another host: storage, and a token service."""

    def do_GET(self):
        self.note("other")
        path = urllib.parse.urlsplit(self.path).path
        if path == "/asking":
            return self.answer(401, headers=[("WWW-Authenticate", 'Basic realm="give"')])
        if not path.startswith("/token/"):
            return self.part(BLOB)
        kind = path.rsplit("/", 1)[1]
        if kind == "endless":
            return self.endless()
        answers = {"html": b"<html>", "empty": b"{}", "lines": b'{"token": "good-1\\r\\nHost: evil"}',
                   "denied": {"details": "who are you"}, "useless": {"token": "bad"}}
        good = {"token": f"good-{time.monotonic_ns()}", "expires_in": 60}
        self.answer(401 if kind == "denied" else 200, answers.get(kind, good))

    def do_POST(self):
        self.note("other")
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with LOCK:
            LOG[-1]["form"] = form
        self.answer(200, {"access_token": f"good-{time.monotonic_ns()}"})


REGISTRY = listen(Faults, *sys.argv[1:]).server_address[1]
OTHER = listen(Other).server_address[1]
MUTE = socket.create_server(("127.0.0.1", 0))  # the kernel lets clients connect; nobody accepts them
serve(REGISTRY, OTHER, MUTE.getsockname()[1])
