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

    def count_items(self, method, params):
        """Items of a streaming call, granting credit as they come; parses only what must be."""
        self.number += 1
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        seen = 0
        while True:
            frame = self.receive()
            if b'"$/item"' in frame[:80]:
                seen += 1
                if seen % 32 == 0:
                    grant = {"id": self.number, "items": 32, "bytes": 1 << 19}
                    self.send({"jsonrpc": "2.0", "method": "$/grant", "params": grant})
                continue
            answer = json.loads(frame)
            if "error" in answer:
                raise RuntimeError(f"call '{method}': {answer['error']}")
            return seen
