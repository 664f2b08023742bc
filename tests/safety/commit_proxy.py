"""A line to PostgreSQL that breaks when a COMMIT goes through it: just before the server gets it, or just after."""

from __future__ import annotations

import socket
import struct
import threading
from typing import Any, Literal

COMMIT = b"Q" + struct.pack(">I", 4 + 7) + b"COMMIT\0"
"""The message of PostgreSQL's protocol, as every driver sends it."""


class CommitProxy:
    """Passes everything on, both ways, up to the first COMMIT. Use as a context manager."""

    def __init__(self, host: str, port: int, cut: Literal["before", "after"]) -> None:
        self._server = (host, port)
        self._cut = cut
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.cuts = 0

    def __enter__(self) -> CommitProxy:
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join()

    def _serve(self) -> None:
        lines = []
        while True:
            try:
                client = self._door.accept()[0]
            except OSError:
                break
            lines.append(threading.Thread(target=self._line, args=(client,)))
            lines[-1].start()
        for line in lines:
            line.join()

    def _line(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server:
            answers = threading.Thread(target=_pass, args=(server, client))
            answers.start()
            while data := client.recv(65536):
                if data.endswith(COMMIT):
                    self.cuts += 1
                    client.shutdown(socket.SHUT_RDWR)  # whatever the server answers, nobody hears it
                    if self._cut == "after":
                        server.sendall(data)
                    server.shutdown(socket.SHUT_WR)
                    break
                server.sendall(data)
            else:
                server.shutdown(socket.SHUT_WR)
            answers.join()  # the server has closed its end, so it is done with what it got


def _pass(source: socket.socket, sink: socket.socket) -> None:
    while data := source.recv(65536):
        try:
            sink.sendall(data)
        except OSError:
            continue
