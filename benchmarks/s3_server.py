"""As much of S3 as django-storages asks for, in memory, counting. It checks no signature: it proves counts alone."""

from __future__ import annotations

import collections
import re
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


class Server(ThreadingHTTPServer):
    """Objects by path; requests by method."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, float, float]] = []
        self.latency = 0.0
        self.lock = threading.Lock()
        self.port = self.server_address[1]

    def take(self) -> Requests:
        """The requests since the last call."""
        with self.lock:
            taken, self.requests = self.requests, []
        return Requests(taken)


class Requests(collections.Counter[str]):
    """How many there were of each method."""

    def __init__(self, seen: list[tuple[str, float, float]]) -> None:
        super().__init__(method for method, _, _ in seen)
        self.round_trips = 0
        """The most of them that followed one another: those that overlap in time cost one."""
        free = 0.0
        for _, start, end in sorted(seen, key=lambda request: request[2]):
            if start >= free:
                self.round_trips, free = self.round_trips + 1, end


class Handler(BaseHTTPRequestHandler):
    """PUT, GET, HEAD, DELETE of objects; DeleteObjects; listings without pages."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def answer(self, status: int, body: bytes = b"", *, length: int | None = None) -> None:
        """Count the request, wait, and reply."""
        start = time.monotonic()
        time.sleep(self.server.latency)
        with self.server.lock:
            self.server.requests.append((self.command, start, time.monotonic()))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Last-Modified", formatdate(usegmt=True))
        self.send_header("ETag", '"0"')
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        """Store an object."""
        body = self._body()
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            body = _unchunked(body)
        self.server.objects[self._key()] = body
        self.answer(200)

    def do_GET(self) -> None:
        """An object, part of one, or a listing."""
        query = parse_qs(urlsplit(self.path).query)
        if "/" not in self._key():
            self.answer(200, self._listing(query.get("prefix", [""])[0], "delimiter" in query))
            return
        found = self.server.objects.get(self._key())
        if found is None:
            self.answer(404)
        else:
            self.answer(200, found)

    def do_HEAD(self) -> None:
        """Whether there is such an object."""
        found = self.server.objects.get(self._key())
        self.answer(404 if found is None else 200, length=len(found or b""))

    def do_DELETE(self) -> None:
        """Forget an object."""
        self.server.objects.pop(self._key(), None)
        self.answer(204)

    def do_POST(self) -> None:
        """DeleteObjects."""
        bucket = self._key().split("/")[0]
        for key in re.findall(r"<Key>(.*?)</Key>", self._body().decode()):
            self.server.objects.pop(f"{bucket}/{key}", None)
        self.answer(200, b"<DeleteResult></DeleteResult>")

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).strip("/")

    def _listing(self, prefix: str, is_folder: bool) -> bytes:
        bucket = self._key()
        names = [key.removeprefix(f"{bucket}/") for key in sorted(self.server.objects)]
        names = [name for name in names if name.startswith(prefix)]
        folders = {prefix + name[len(prefix) :].split("/")[0] + "/" for name in names if "/" in name[len(prefix) :]}
        files = [name for name in names if not is_folder or "/" not in name[len(prefix) :]]
        contents = "".join(
            f"<Contents><Key>{name}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for name in files
        )
        prefixes = "".join(
            f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>" for name in sorted(folders) if is_folder
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}{prefixes}</ListBucketResult>".encode()

    def log_message(self, *args: object) -> None:
        """Nothing."""


def _unchunked(body: bytes) -> bytes:
    """The content of an ``aws-chunked`` body: pieces with their length in front, checksums behind."""
    content = b""
    while body:
        head, _, body = body.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        if not size:
            break
        content, body = content + body[:size], body[size + 2 :]
    return content


def start() -> Server:
    """A server on a free port of this machine, in a thread."""
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
