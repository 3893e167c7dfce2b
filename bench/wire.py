"""The least of a client of gantryd: enough to make containers and to time a listing. The real one is plugins/python."""

import json
import socket
import struct


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.buffer = bytearray()
        self.number = 0
        self.call("rpc.hello", {"protocol": 1, "features": []})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, message):
        body = json.dumps(message).encode()
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def receive(self):
        """The next frame's bytes, not parsed."""
        while True:
            if len(self.buffer) >= 4:
                (length,) = struct.unpack_from(">I", self.buffer)
                if len(self.buffer) >= 4 + length:
                    body = bytes(self.buffer[4 : 4 + length])
                    del self.buffer[: 4 + length]
                    return body
            got = self.socket.recv(1 << 18)
            if not got:
                raise RuntimeError("receive: the daemon closed the connection")
            self.buffer += got

    def call(self, method, params):
        self.number += 1
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        answer = json.loads(self.receive())
        if "error" in answer:
            raise RuntimeError(f"call '{method}': {answer['error']}")
        return answer.get("result")

    def list(self, method, params):
        """Frames of a streaming call as they came, not parsed: the items, then the answer."""
        self.number += 1
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        # All the credit at once, so that the client's own speed stays out of it.
        credit = {"id": self.number, "items": 1 << 30, "bytes": 1 << 38}
        self.send({"jsonrpc": "2.0", "method": "$/grant", "params": credit})
        frames = [self.receive()]
        while b'"$/item"' in frames[-1][:80]:
            frames.append(self.receive())
        return frames


def count(frames):
    """The items in a listing's frames; a frame may carry one or an array of them."""
    answer = json.loads(frames[-1])
    if "error" in answer:
        raise RuntimeError(f"list: {answer['error']}")
    items = [json.loads(frame)["params"]["item"] for frame in frames[:-1]]
    return sum(len(item) if isinstance(item, list) else 1 for item in items)
