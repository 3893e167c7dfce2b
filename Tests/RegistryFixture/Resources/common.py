"""What the servers of the tests share: they tell their port on standard output and end with standard input."""

import http.server
import json
import os
import ssl
import sys
import threading


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # clients that hang up are what many tests are about


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", headers=()):
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        self.send_response(status)
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in names and "transfer-encoding" not in names:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def listen(handler, port=0, certificate=None, key=None, authority=None):
    """A server on a port (0: any that is free) of loopback, serving already; with TLS when there is a certificate, and asking for one of
    this authority when there is that."""
    server = Server(("127.0.0.1", int(port)), handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if authority:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(authority)
        # The handshake is for the thread of the connection: a client that says nothing must not stop the others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def serve(*ports):
    """Tells the ports and lasts as long as standard input does."""
    print(*ports, flush=True)
    sys.stdin.buffer.read()
    os._exit(0)
