"""A client for Gantry's RPC in Python, standard library only.

    from gantry_client import Client

    with Client("/run/gantry/gantry.sock") as gantry:
        print(gantry.hello["version"])
        for item in gantry.stream("containers.list"):
            print(item["id"])
        with open("image.tar", "rb") as archive:
            gantry.upload("images.load", archive)

Written from docs/protocol.md alone. One thread at a time uses a Client.
"""

import json
import socket
import struct

MAXIMUM_FRAME = 16 << 20
STDIN, STDIN_EOF, STDOUT, STDERR, RESIZE, EXIT, LAGGED, DETACH = range(8)


class GantryError(Exception):
    """What the daemon answered instead of a result. `code` is for programs, the text for people."""

    def __init__(self, error):
        data = error.get("data") or {}
        self.code = data.get("code", "internal")
        self.number = error.get("code")
        self.message = error.get("message", "")
        self.field = data.get("field")
        self.cause = data.get("cause")
        self.details = data.get("details")
        super().__init__(f"{self.message} ({self.cause})" if self.cause else self.message)


class Disconnected(GantryError):
    """The connection ended before the answer came."""

    def __init__(self):
        super().__init__({"message": "the daemon closed the connection", "data": {"code": "unavailable"}})


def _connect(path):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def _read_exactly(connection, count):
    parts = []
    while count > 0:
        part = connection.recv(min(count, 1 << 20))
        if not part:
            raise Disconnected()
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def send_frame(connection, message):
    """Sends one JSON object as a frame."""
    body = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
    if len(body) > MAXIMUM_FRAME:
        raise ValueError(f"a frame of {len(body)} bytes is too long")
    connection.sendall(struct.pack(">I", len(body)) + body)


def receive_frame(connection):
    """The next frame's JSON object; reads not one byte beyond it."""
    (length,) = struct.unpack(">I", _read_exactly(connection, 4))
    if not 1 <= length <= MAXIMUM_FRAME:
        raise ValueError(f"a frame of {length} bytes")
    return json.loads(_read_exactly(connection, length))


class Client:
    """A connection to gantryd."""

    def __init__(self, path="/run/gantry/gantry.sock", namespace=None, timeout=None):
        self.path = path
        self.namespace = namespace
        self._last = 0
        self._waiting = {}
        self._socket = _connect(path)
        self._socket.settimeout(timeout)
        try:
            self.hello = self.call("rpc.hello", protocol=1)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def discover(self):
        """The daemon's OpenRPC document: every method with its parameters."""
        return self.call("rpc.discover")

    def call(self, method, **params):
        """Calls a method and returns its result; raises GantryError."""
        number = self._begin(method, params)
        while True:
            kind, value = self._next(number)
            if kind == "end":
                return value

    def stream(self, method, **params):
        """Yields the items of a stream. Leaving the loop early cancels it."""
        number = self._begin(method, params)
        finished = False
        taken = size = 0
        try:
            while True:
                kind, value = self._next(number)
                if kind == "end":
                    finished = True
                    return value
                yield value
                taken += 1
                size += len(json.dumps(value))
                if taken >= 32 or size >= 1 << 19:
                    self._notify("$/grant", {"id": number, "items": taken, "bytes": size})
                    taken = size = 0
        except GantryError:
            finished = True
            raise
        finally:
            if not finished:
                self.cancel(number)

    def bulk(self, method, body, **params):
        """Calls a method that moves bytes: `body(socket)` writes or reads them. Returns the verdict."""
        number = self._begin(method, params)
        kind, value = self._next(number)
        if kind == "end":
            return value
        failure = None
        with _connect(self.path) as data:
            request = {"token": value["token"]}
            namespace = params.get("namespace", self.namespace)
            if namespace is not None:
                request["namespace"] = namespace
            send_frame(data, {"jsonrpc": "2.0", "id": 1, "method": "stream.open", "params": request})
            answer = receive_frame(data)
            if "error" in answer:
                raise GantryError(answer["error"])
            try:
                body(data)
                data.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError) as error:
                failure = error  # The daemon has said no: its verdict tells why.
            except BaseException:
                self.cancel(number)
                raise
        kind, value = self._next(number)
        while kind != "end":
            kind, value = self._next(number)
        if failure is not None and value is None:
            raise failure
        return value

    def upload(self, method, file, **params):
        """Sends a file object's bytes."""

        def body(data):
            while chunk := file.read(1 << 20):
                data.sendall(chunk)

        return self.bulk(method, body, **params)

    def download(self, method, file, **params):
        """Writes what comes into a file object."""

        def body(data):
            while chunk := data.recv(1 << 20):
                file.write(chunk)

        return self.bulk(method, body, **params)

    def cancel(self, number):
        """Withdraws a call and waits for its end."""
        if number not in self._waiting:
            return
        try:
            self._notify("$/cancel", {"id": number})
            while self._next(number)[0] != "end":
                pass
        except (GantryError, OSError):
            pass

    # Messages

    def _begin(self, method, params):
        self._last += 1
        if self.namespace is not None and method != "rpc.hello":
            params.setdefault("namespace", self.namespace)
        self._waiting[self._last] = []
        send_frame(self._socket, {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params})
        return self._last

    def _notify(self, method, params):
        send_frame(self._socket, {"jsonrpc": "2.0", "method": method, "params": params})

    def _next(self, number):
        """The next ("item", value) or ("end", result) of a call; raises the error that ends it."""
        while not self._waiting[number]:
            message = receive_frame(self._socket)
            if message.get("method") == "$/item":
                queue = self._waiting.get(message["params"]["id"])
                if queue is not None:
                    queue.append(("item", message["params"]["item"]))
            elif "error" in message and message.get("id") is None:
                raise GantryError(message["error"])
            elif "id" in message and message["id"] in self._waiting:
                kind = "error" if "error" in message else "end"
                self._waiting[message["id"]].append((kind, message.get("error", message.get("result"))))
        kind, value = self._waiting[number].pop(0)
        if kind != "item":
            del self._waiting[number]
        if kind == "error":
            raise GantryError(value)
        return kind, value


class Attachment:
    """The standard streams of a container, at its shim's socket (as `tasks.get` tells it).

        stdio = Attachment(path, stdin=True)
        stdio.write(b"hello\\n")
        stdio.close_stdin()
        for kind, data in stdio:         # the last one is (EXIT, {"exitCode": …})
            ...
    """

    def __init__(self, path, stdin=False, stdout=True, stderr=True, **params):
        self._socket = _connect(path)
        params.update(stdin=stdin, stdout=stdout, stderr=stderr)
        try:
            send_frame(self._socket, {"jsonrpc": "2.0", "id": 1, "method": "task.attach", "params": params})
            answer = receive_frame(self._socket)
            if "error" in answer:
                raise GantryError(answer["error"])
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def send(self, kind, data=b""):
        self._socket.sendall(struct.pack(">BI", kind, len(data)) + data)

    def write(self, data):
        """Feeds standard input."""
        for start in range(0, len(data), 1 << 20):
            self.send(STDIN, data[start : start + (1 << 20)])

    def close_stdin(self):
        self.send(STDIN_EOF)

    def resize(self, rows, columns):
        self.send(RESIZE, struct.pack(">HH", rows, columns))

    def __iter__(self):
        """Yields (kind, bytes) of STDOUT, STDERR and LAGGED, and (EXIT, object) last."""
        while True:
            kind, length = struct.unpack(">BI", _read_exactly(self._socket, 5))
            data = _read_exactly(self._socket, length)
            if kind == EXIT:
                yield kind, json.loads(data)
                return
            yield kind, data
            if kind == LAGGED:
                return
