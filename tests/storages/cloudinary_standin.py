"""
A stand-in for Cloudinary on the wire: signed uploads and deletes, the Admin API, and delivery with transformations.

It refuses what the service refuses: a wrong signature, an old timestamp, a wrong key. Rules of
https://cloudinary.com/documentation/authentication_signatures; requests recorded from the official SDK are in
`test_cloudinary.py`.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser
from PIL import Image, ImageOps

CLOUD, KEY, SECRET = "demo", "111222", "sekret"

SIGNED_FOR = 3600
"""Seconds that a signature holds."""


def signature(fields: dict[str, list[str]], secret: str = SECRET, algorithm: str = "sha1") -> str:
    """Of the fields of a request, without what is not signed."""
    signed = []
    for key, values in fields.items():
        value = ",".join(values)
        if value and key not in ("file", "api_key", "signature"):
            signed.append(f"{key.removesuffix('[]')}={value.replace('&', '%26')}")
    return hashlib.new(algorithm, ("&".join(sorted(signed)) + secret).encode()).hexdigest()


@dataclasses.dataclass
class Request:
    """One request as it came in."""

    method: str
    path: str
    fields: dict[str, list[str]]


@dataclasses.dataclass
class Stored:
    """One asset."""

    data: bytes
    version: int
    created_at: str

    def details(self, public_id: str) -> dict[str, Any]:
        """What the service answers about it."""
        with Image.open(io.BytesIO(self.data)) as image:
            form = str(image.format).lower().replace("jpeg", "jpg")
            return {
                "public_id": public_id,
                "version": self.version,
                "format": form,
                "width": image.width,
                "height": image.height,
                "bytes": len(self.data),
                "resource_type": "image",
                "type": "upload",
                "created_at": self.created_at,
                "secure_url": f"https://res.cloudinary.com/{CLOUD}/image/upload/v{self.version}/{public_id}.{form}",
            }


class StandIn(ThreadingHTTPServer):
    """The service: what it holds, what it was asked, and what goes wrong next."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.assets: dict[str, Stored] = {}
        self.requests: list[Request] = []
        self.faults: list[int] = []
        """Statuses of the next answers; 0 for one that takes longer than anybody waits."""

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_port}"

    @property
    def config(self) -> dict[str, Any]:
        """Options of the storage that lead here."""
        return {
            "cloud_name": CLOUD,
            "api_key": KEY,
            "api_secret": SECRET,
            "upload_prefix": f"http://{self.address}",
            "secure": False,
            "cname": self.address,
        }

    def asked(self, method: str | None = None) -> list[Request]:
        """What was asked, of one method."""
        return [request for request in self.requests if method in (None, request.method)]


@contextmanager
def running() -> Iterator[StandIn]:
    """A stand-in that answers while the block runs."""
    with StandIn() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server: StandIn

    def handle_one_request(self) -> None:
        """As the base; a client that has stopped waiting is nothing to talk about."""
        with suppress(BrokenPipeError, ConnectionResetError):
            super().handle_one_request()

    def do_POST(self) -> None:
        """Upload API: multipart and signed."""
        body = io.BytesIO(self.rfile.read(int(self.headers["Content-Length"])))
        meta = {"CONTENT_TYPE": self.headers["Content-Type"], "CONTENT_LENGTH": self.headers["Content-Length"]}
        posted, uploaded = MultiPartParser(meta, body, [_Whole()]).parse()
        fields = {key: posted.getlist(key) for key in posted}
        if self._noted(fields):
            return
        if problem := self._problem(fields):
            self._error(401, problem)
        elif self.path == f"/v1_1/{CLOUD}/image/upload":
            file: Any = uploaded["file"]
            self._upload(fields, file.read())
        else:
            assert self.path == f"/v1_1/{CLOUD}/image/destroy"
            gone = self.server.assets.pop(fields["public_id"][0], None)
            self._answer({"result": "ok" if gone else "not found"})

    def do_GET(self) -> None:
        """Delivery for everybody, the Admin API for who has the secret."""
        if self._noted({}):
            return
        url = urlsplit(self.path)
        path = unquote(url.path)
        if path.startswith(f"/{CLOUD}/"):
            self._deliver(path.removeprefix(f"/{CLOUD}/image/upload/"))
        elif not self._knows_secret():
            self._error(401, "Invalid credentials")
        elif path == f"/v1_1/{CLOUD}/resources/image/upload":
            self._list({key: values[0] for key, values in parse_qs(url.query).items()})
        else:
            public_id = path.removeprefix(f"/v1_1/{CLOUD}/resources/image/upload/")
            asset = self.server.assets.get(public_id)
            if asset is None:
                self._error(404, f"Resource not found - {public_id}")
            else:
                self._answer(asset.details(public_id))

    def do_DELETE(self) -> None:
        """Admin API: many at once."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._noted({"public_ids": body["public_ids"], "invalidate": [str(body["invalidate"])]}):
            return
        gone = {one: self.server.assets.pop(one, None) for one in body["public_ids"]}
        self._answer({"deleted": {one: "deleted" if asset else "not_found" for one, asset in gone.items()}})

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests look at `StandIn.requests`."""

    def _noted(self, fields: dict[str, list[str]]) -> bool:
        self.server.requests.append(Request(self.command, self.path, fields))
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault == 0:
            time.sleep(0.5)
            self.close_connection = True
        elif fault is not None:
            self._error(fault, "Something went wrong")
        return fault is not None

    def _problem(self, fields: dict[str, list[str]]) -> str | None:
        if fields.get("api_key") != [KEY]:
            return "Unknown API key"
        if abs(time.time() - int(fields["timestamp"][0])) > SIGNED_FOR:
            return "Stale request"
        if fields["signature"][0] != signature(fields):
            return "Invalid Signature"
        return None

    def _knows_secret(self) -> bool:
        return self.headers["Authorization"] == "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()

    def _upload(self, fields: dict[str, list[str]], data: bytes) -> None:
        public_id = fields["public_id"][0]
        existing = public_id in self.server.assets
        if not existing or fields["overwrite"] != ["0"]:
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            self.server.assets[public_id] = Stored(data, int(time.time()), now)
        self._answer({**self.server.assets[public_id].details(public_id), "existing": existing})

    def _list(self, query: dict[str, str]) -> None:
        found = sorted(one for one in self.server.assets if one.startswith(query.get("prefix", "")))
        start, count = int(query.get("next_cursor", 0)), int(query["max_results"])
        page: dict[str, Any] = {
            "resources": [self.server.assets[one].details(one) for one in found[start : start + count]]
        }
        if start + count < len(found):
            page["next_cursor"] = str(start + count)
        self._answer(page)

    def _deliver(self, rest: str) -> None:
        match = re.fullmatch(
            r"(?:(?P<how>[a-z]+_[^/]*(?:,[a-z]+_[^/,]+)*)/)?(?:v\d+/)?(?P<id>.+?)(?:\.(?:jpg|png|webp))?", rest
        )
        assert match is not None
        asset = self.server.assets.get(match["id"])
        if asset is None:
            self._error(404, "Resource not found")
            return
        how = dict(part.split("_", 1) for part in (match["how"] or "").split(",") if part)
        body, kind = asset.data, "image/" + asset.details("")["format"].replace("jpg", "jpeg")
        if how:
            body, kind = _transformed(asset.data, how), "image/webp"
        self._send(200, kind, body, {"Cache-Control": "public, no-transform, immutable, max-age=31536000"})

    def _answer(self, content: dict[str, Any]) -> None:
        self._send(200, "application/json", json.dumps(content).encode())

    def _error(self, status: int, message: str) -> None:
        self._send(status, "application/json", json.dumps({"error": {"message": message}}).encode())

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)


class _Whole(MemoryFileUploadHandler):
    """Keeps the whole file in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.activated = True


def _transformed(data: bytes, how: dict[str, str]) -> bytes:
    with Image.open(io.BytesIO(data)) as file:
        image: Image.Image = file.convert("RGB")
        if how.get("c") == "fill":
            image = ImageOps.fit(image, (int(how["w"]), int(how["h"])))
        stream = io.BytesIO()
        image.save(stream, "webp")
        return stream.getvalue()
