"""Counts what a client and a server say to each other."""

import socket
import threading

CHUNK_BYTES = 65536


class ByteCounter:
    """Passes connections on to `address`; `sent` and `received` count bytes as the client sees them.

    `http` and `grpc` are its own address, so that a client can take it for a server. Use it as a
    context manager.
    """

    def __init__(self, address):
        host, port = address.split(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._listener]
        self.http = self.grpc = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.sent = 0
        self.received = 0
        self._start(self._accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self._sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It is closed already.
            each.close()

    @staticmethod
    def _start(task, *args):
        threading.Thread(target=task, args=args, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            self._sockets += [client, server]
            self._start(self._pass_on, client, server, "sent")
            self._start(self._pass_on, server, client, "received")

    def _pass_on(self, source, target, counter):
        try:
            while chunk := source.recv(CHUNK_BYTES):
                # Counted before it goes on: whoever has the answer finds all of it counted.
                setattr(self, counter, getattr(self, counter) + len(chunk))
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # The other side went away, or the test is over.
