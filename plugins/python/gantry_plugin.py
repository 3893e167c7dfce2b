"""What every Gantry plugin in Python needs, standard library only: a socket, frames, methods, errors.

    from gantry_plugin import Failure, serve

    def stat(key): ...
    serve("/run/my.sock", describe={"kind": "snapshotter.v1", "name": "my"}, methods={"snapshots.stat": stat})

Written from docs/protocol.md and docs/plugins.md. A thread a connection; calls of one connection run one after another,
which is enough: gantryd makes another connection for a call that would have to wait.
"""

import json
import os
import secrets
import socket
import struct
import threading

MAXIMUM_FRAME = 16 << 20
# What every method takes beside its own parameters; a plugin need not care.
COMMON = ("namespace", "lease", "deadlineMs", "traceparent")
NUMBERS = {
    "invalid_argument": -32602, "not_found": -32001, "already_exists": -32002, "failed_precondition": -32003,
    "unavailable": -32004, "resource_exhausted": -32005, "permission_denied": -32007, "unimplemented": -32601,
    "deadline_exceeded": -32006, "data_loss": -32008, "aborted": -32010, "internal": -32603,
}


class Failure(Exception):
    """What a method answers instead of a result: a code for programs, a message for people."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Bytes:
    """What a method answers that sends bytes: an iterator over pieces of them, and the result after them."""

    def __init__(self, pieces, result=None):
        self.pieces = pieces
        self.result = result
        self.token = secrets.token_hex(16)
        self.connection = None
        self.arrived = threading.Event()


_offers = {}


def _send_bytes(connection, number, offer):
    """Offers a token, waits for the connection that presents it, and sends the bytes there."""
    _offers[offer.token] = offer
    send(connection, {"jsonrpc": "2.0", "method": "$/item", "params": {"id": number, "item": {"token": offer.token}}})
    try:
        if not offer.arrived.wait(30):
            raise Failure("deadline_exceeded", "nobody came for the bytes")
    finally:
        _offers.pop(offer.token, None)
    with offer.connection:
        for piece in offer.pieces:
            offer.connection.sendall(piece)
    return offer.result


def _read_exactly(connection, count):
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)


def receive(connection):
    """The next frame's object; None when the other end has left."""
    header = _read_exactly(connection, 4)
    if header is None:
        return None
    (length,) = struct.unpack(">I", header)
    if not 1 <= length <= MAXIMUM_FRAME:
        raise ValueError(f"a frame of {length} bytes")
    body = _read_exactly(connection, length)
    return None if body is None else json.loads(body)


def send(connection, message):
    """Sends an object as a frame."""
    body = json.dumps(message, separators=(",", ":")).encode()
    connection.sendall(struct.pack(">I", len(body)) + body)


def _answer(connection, describe, methods, request):
    name, number = request.get("method"), request.get("id")
    if number is None:
        return  # A notification: $/grant and $/cancel, which a plugin that answers at once may pass over.
    params = {key: value for key, value in (request.get("params") or {}).items()
              if key not in COMMON and value is not None}
    try:
        if name == "rpc.hello":
            if params.get("protocol") != 1:
                raise Failure("failed_precondition", "this plugin speaks protocol 1")
            result = {"protocol": 1, "server": describe["name"], "version": describe.get("version", "")}
        elif name == "plugin.describe":
            result = describe
        elif name in methods:
            result = methods[name](**params)
            if hasattr(result, "__next__"):  # A generator: items, and then the end.
                for item in result:
                    send(connection, {"jsonrpc": "2.0", "method": "$/item", "params": {"id": number, "item": item}})
                result = None
            elif isinstance(result, Bytes):
                result = _send_bytes(connection, number, result)
        else:
            raise Failure("unimplemented", f"no method '{name}'")
        send(connection, {"jsonrpc": "2.0", "id": number, "result": {} if result is None else result})
    except Exception as error:  # Whatever it is, the caller hears of it.
        code = error.code if isinstance(error, Failure) else "internal"
        if isinstance(error, OSError) and error.errno in (28, 122):  # ENOSPC, EDQUOT
            code = "resource_exhausted"
        elif isinstance(error, TypeError) and "argument" in str(error):
            code = "invalid_argument"
        send(connection, {"jsonrpc": "2.0", "id": number, "error": {
            "code": NUMBERS.get(code, -32603), "message": str(error), "data": {"code": code}}})


def _talk(connection, describe, methods):
    try:
        while (request := receive(connection)) is not None:
            if request.get("method") == "stream.open":
                offer = _offers.get((request.get("params") or {}).get("token"))
                if offer is None:
                    break
                send(connection, {"jsonrpc": "2.0", "id": request["id"], "result": {}})
                offer.connection = connection
                offer.arrived.set()
                return  # From here on it is the bytes'.
            _answer(connection, describe, methods, request)
    except (OSError, ValueError):
        pass  # The other end left, or does not speak the protocol.
    connection.close()


def serve(path, describe, methods):
    """Listens at `path`, for root only, and answers until the process ends."""
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    listener.bind(path)
    os.umask(mask)
    listener.listen(64)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_talk, args=(connection, describe, methods), daemon=True).start()
