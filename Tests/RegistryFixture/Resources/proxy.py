"""usage: proxy.py HOST:PORT

A proxy that leads everything to one server, whatever host was asked for. Prints its port, and then a line for each request:
its method and its target.
"""

import socket
import sys
import threading
import urllib.parse

from common import Handler, listen, serve

HOST, PORT = sys.argv[1].split(":")


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Proxy(Handler):
    def note(self):
        print(self.command, self.path, flush=True)

    def tunnel(self, first=b""):
        with socket.create_connection((HOST, int(PORT))) as server:
            server.sendall(first)
            thread = threading.Thread(target=copy, args=(server, self.connection))
            thread.start()
            copy(self.connection, server)
            thread.join()
        self.close_connection = True

    def do_CONNECT(self):
        self.note()
        self.send_response(200)
        self.end_headers()
        self.tunnel()

    def do_GET(self):
        self.note()
        url = urllib.parse.urlsplit(self.path)
        lines = [f"GET {url.path} HTTP/1.1"] + [f"{k}: {v}" for k, v in self.headers.items() if k != "Connection"]
        self.tunnel("\r\n".join(lines + ["Connection: close", "", ""]).encode())


serve(listen(Proxy).server_address[1])
