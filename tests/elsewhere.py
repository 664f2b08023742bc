"""A site on this machine that pictures are fetched from, and the network that it is in. Needs the extra `fetch`."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Address, ip_address
from typing import Any

from django_avatars import fetch as door
from django_avatars.fetch import Address, Network, is_public

HERE = IPv4Address("127.0.0.1")
"""Where the server listens, which these tests allow."""


class Server:
    """An https server that answers each path with the bytes it was given, and writes down what it was asked."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self.answers: dict[str, Iterable[bytes]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.names: list[str | None] = []
        self.sent = 0
        self.over = threading.Event()
        self.socket = socket.create_server((str(HERE), 0))
        self.port: int = self.socket.getsockname()[1]
        context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        while True:
            client, _ = self.socket.accept()
            if self.over.is_set():
                client.close()
                return
            self.threads.append(threading.Thread(target=self._serve, args=[client]))
            self.threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), self.context.wrap_socket(client, server_side=True) as stream:
            head = b""
            while b"\r\n\r\n" not in head:
                head += stream.recv(4096)
            first, *rest = head.decode().rstrip().split("\r\n")
            path = first.split(" ")[1]
            self.requests.append((path, {key.lower(): value for key, value in (one.split(": ", 1) for one in rest)}))
            for piece in self.answers[path]:
                stream.sendall(piece)
                self.sent += len(piece)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def slowly(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """`pieces`, with pauses until this server is closed."""
        for piece in pieces:
            yield piece
            self.over.wait(0.02)

    def close(self) -> None:
        self.over.set()
        socket.create_connection((str(HERE), self.port)).close()
        for thread in self.threads:
            thread.join()
        self.socket.close()


class Names:
    """A resolver: the addresses of each name, one list after the other; numbers are themselves."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.answers = {f"{name}.example": itertools.cycle(answers) for name, answers in names.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        if host in self.answers:
            return [ip_address(one) for one in next(self.answers[host])]
        return door.resolve(host, port)


def network(authority: Any) -> Callable[..., Network]:
    """The network of a test: what is public, and the server, whose certificates `authority` signs."""
    context = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())

    def network(seconds: float = 30, **names: list[list[str]]) -> Network:
        resolve = Names(**{"pictures": [[str(HERE)]], **names})
        return Network(resolve, lambda address: address == HERE or is_public(address), lambda: context, seconds)

    return network


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> list[bytes]:
    """One answer of a server that knows the length of its body, where `headers` do not say another one."""
    lines = {"content_length": str(len(body)), **headers}
    head = "".join(f"{key.replace('_', '-')}: {value}\r\n" for key, value in lines.items())
    return [f"HTTP/1.1 {status}\r\n{head}\r\n".encode(), body]
