"""A TCP proxy on a free port of loopback that counts what a server sends, and fails when told to.

usage: network.py HOST:PORT

Prints its port. Commands on standard input, a line each; each is answered by a line:
  count        bytes that the server's side has sent to clients so far, and how many clients are connected
  hold N       lets N bytes in all through from now on, and then nothing but the beginning of a new connection
  release      lets everything through
  cut          breaks every connection, and every new one
  heal         takes connections again
"""

import socket
import struct
import sys
import threading

# What a new connection may bring in any case: documents are small.
BEGINNING = 65536

target = sys.argv[1].rsplit(":", 1)
state = threading.Condition()
served = 0
allowed = None
is_cut = False
connections = set()


def abort(connection):
    """Closes with a reset, as a network that goes away looks from here."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()


def permit(wanted, passed):
    """Waits until some of `wanted` bytes may pass behind the `passed` ones of this connection; how many do."""
    global served
    with state:
        while True:
            count = wanted if allowed is None else min(wanted, max(allowed - served, BEGINNING - passed, 0))
            if count > 0 or is_cut:
                served += count
                return count
            state.wait()


def pump(source, target, is_counted):
    passed = 0
    try:
        while data := source.recv(65536):
            while data:
                count = permit(len(data), passed) if is_counted else len(data)
                if count == 0:
                    return
                target.sendall(data[:count])
                passed += count
                data = data[count:]
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client):
    try:
        server = socket.create_connection((target[0], int(target[1])))
    except OSError:
        abort(client)
        return
    pair = (client, server)
    with state:
        connections.add(pair)
    upward = threading.Thread(target=watch, args=(client, server), daemon=True)
    upward.start()
    pump(server, client, True)
    finish(pair)


def watch(client, server):
    """What the client sends; when it has left, so does the server's side, even while nothing may pass."""
    pump(client, server, False)
    with state:
        connections.discard((client, server))


def finish(pair):
    with state:
        connections.discard(pair)
    for connection in pair:
        connection.close()


def listen(listener):
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if is_cut:
            abort(client)
        else:
            threading.Thread(target=serve, args=(client,), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=listen, args=(listener,), daemon=True).start()
print("port", listener.getsockname()[1], flush=True)
for line in sys.stdin:
    words = line.split()
    with state:
        if words[0] == "hold":
            allowed = served + int(words[1])
        elif words[0] == "release":
            allowed = None
        elif words[0] == "cut":
            is_cut = True
            for pair in list(connections):
                for connection in pair:
                    abort(connection)
            connections.clear()
        elif words[0] == "heal":
            is_cut = False
        state.notify_all()
        print("ok", served, len(connections), flush=True)
