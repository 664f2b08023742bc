"""What we make of a file, in a process of its own, and what that costs."""

from __future__ import annotations

import io
import multiprocessing
import time
from contextlib import redirect_stderr
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from django_avatars.conf import INPUT_FORMATS
from django_avatars.imaging.pipeline import Rejected, process
from tests import pictures
from tests.imaging.making import spec

STORED = ("png", "webp", "avif", "jpg")

CHUNKS = {b"VP8 ", b"VP8L"}
"""Of a WebP that holds pixels and nothing else."""

SEGMENTS = {0xC0, 0xC4, 0xD9, 0xDA, 0xDB, 0xE0}
"""The same for a JPEG: size, tables, pixels, and the JFIF header."""


class Made(NamedTuple):
    """What became of a file."""

    code: str
    """Why it is refused; "" where it is taken; what went wrong where that is no answer of ours."""
    about: str
    """What the refusal says of itself."""
    png: bytes
    """The largest rendition."""
    seconds: float
    """Of CPU, for the renditions of the default settings."""
    megabytes: float
    """Of memory over the start."""
    traces: tuple[str, ...]
    """Formats in which something else than pixels was stored."""


def make(path: Path) -> Made:
    """What becomes of the file at `path`."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=lambda: theirs.send(_make(path.read_bytes())))
    child.start()
    theirs.close()
    try:
        return ours.recv()  # type: ignore[no-any-return]
    except EOFError:
        return Made("the process ended", "", b"", 0, 0, ())
    finally:
        child.join()


def _make(file: bytes) -> Made:
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts here
    start, before = time.process_time(), _peak()
    code, about = "", ""
    try:
        with redirect_stderr(io.StringIO()):
            process(io.BytesIO(file), spec(input_formats=INPUT_FORMATS))
    except Rejected as rejected:
        code, about = rejected.code, f"{rejected.__cause__ or ''} {rejected.params.get('given', '')}".strip()
    except BaseException as exc:
        code, about = type(exc).__name__, str(exc)
    seconds, megabytes = time.process_time() - start, (_peak() - before) / 1024
    png, traces = _stored(file) if not code else (b"", ())
    return Made(code, about, png, seconds, megabytes, traces)


def _peak() -> int:
    """Kilobytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def _stored(file: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The picture without loss, and the formats that kept more than pixels."""
    picture = process(io.BytesIO(file), spec(input_formats=INPUT_FORMATS, sizes=(512,), output_formats=STORED))
    stored = {rendition.format: rendition.data for rendition in picture.renditions}
    return stored["png"], tuple(format for format, data in stored.items() if not only_pixels(format, data))


def only_pixels(format: str, data: bytes) -> bool:
    """Whether a stored file has no part for anything else. `data` is one that our encoder has made."""
    if format == "png":
        return {kind for kind, _ in pictures.png_chunks(data)} == {b"IHDR", b"IDAT", b"IEND"}
    if format == "webp":
        return {kind for kind, _ in pictures.riff_chunks(data)} <= CHUNKS
    if format == "jpg":
        return {marker for marker, _ in pictures.jpeg_segments(data)} <= SEGMENTS
    return not {"exif", "xmp", "icc_profile"} & Image.open(io.BytesIO(data)).info.keys()
