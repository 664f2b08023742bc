"""Animations, frame by frame as a test wants them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from PIL import Image

from .drawing import saved

RED, GREEN, BLUE, CLEAR = (220, 30, 30), (20, 160, 40), (30, 60, 220), (255, 255, 255)
"""The palette of `gif`: the last color is the transparent one."""


class Part(NamedTuple):
    """A rectangle of one color, which is one frame."""

    color: int
    """Number in the palette."""
    box: tuple[int, int, int, int] = (0, 0, 64, 64)
    """Left, top, width, height."""
    delay: int = 50
    """Hundredths of a second."""
    disposal: int = 0


def gif(parts: Sequence[Part], *, size: int = 64, more: bytes = b"", end: bytes = b";") -> bytes:
    """A GIF of these frames; `more` are extensions before the first."""
    palette = b"".join(map(bytes, (RED, GREEN, BLUE, CLEAR)))
    screen = b"GIF89a" + struct.pack("<2H3B", size, size, 0x91, 0, 0)
    return screen + palette + more + b"".join(map(gif_frame, parts)) + end


def gif_frame(part: Part) -> bytes:
    """One frame: its control, its place, its pixels."""
    control = b"\x21\xf9\x04" + struct.pack("<BHB", part.disposal << 2 | 1, part.delay, 3) + b"\0"
    pixels = _blocks(_codes(part.color, part.box[2] * part.box[3]))
    return control + b"," + struct.pack("<4HB", *part.box, 0) + b"\2" + pixels


def looping(times: int) -> bytes:
    """The extension that says how often a GIF is repeated; 0 for ever."""
    return b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", times) + b"\0"


def _codes(color: int, count: int) -> bytes:
    """So many pixels in LZW, with the table emptied so often that it never grows."""
    codes = [code for _ in range((count + 1) // 2) for code in (4, color, color)]
    bits = "".join(f"{code:03b}"[::-1] for code in [*codes[: count * 3 // 2 + count % 2], 5])
    return int(bits[::-1], 2).to_bytes(len(bits) // 8 + 1, "little")


def _blocks(data: bytes) -> bytes:
    pieces = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


class Layer(NamedTuple):
    """A picture that is one frame of a WebP or PNG."""

    image: Image.Image
    place: tuple[int, int] = (0, 0)
    duration: int = 500
    """Milliseconds."""
    then: int = 0
    """Flag or number of what becomes of it."""
    blends: bool = True
    is_lossy: bool = False
    """In a WebP: whether its colors and its transparency are stored apart."""


def webp(layers: Sequence[Layer], *, side: int = 64, plays: int = 0, icc: bytes = b"") -> bytes:
    """An animated WebP of these frames."""
    size = (side - 1).to_bytes(3, "little")
    flags = bytes([0x12 | (0x20 if icc else 0), 0, 0, 0])
    chunks = [_riff(b"VP8X", flags + size + size), *([_riff(b"ICCP", icc)] if icc else [])]
    chunks += [_riff(b"ANIM", bytes(4) + struct.pack("<H", plays)), *map(webp_frame, layers)]
    return _riff(b"RIFF", b"WEBP" + b"".join(chunks))


def webp_frame(layer: Layer) -> bytes:
    """One frame."""
    left, top = layer.place
    numbers = (left // 2, top // 2, layer.image.width - 1, layer.image.height - 1, layer.duration)
    head = b"".join(number.to_bytes(3, "little") for number in numbers)
    pixels = saved(layer.image, "WEBP", lossless=not layer.is_lossy)[12:]
    if layer.is_lossy:
        pixels = pixels[18:]  # without the header of the file
    return _riff(b"ANMF", head + bytes([layer.then | (0 if layer.blends else 2)]) + pixels)


def _riff(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)


def png(layers: Sequence[Layer], *, apart: Image.Image | None = None, plays: int = 0, more: bytes = b"") -> bytes:
    """An animated PNG of these frames, all of one mode; `apart` is for who knows no animation, `more` are chunks."""
    first = apart or layers[0].image
    mode = {"RGB": (8, 2), "RGBA": (8, 6), "L": (8, 0), "I;16": (16, 0), "P": (8, 3)}[first.mode]
    header = struct.pack(">2I5B", *first.size, *mode, 0, 0, 0)
    palette = png_chunk(b"PLTE", bytes(first.getpalette() or ())) if first.mode == "P" else b""
    start = png_chunk(b"IHDR", header) + more + png_chunk(b"acTL", struct.pack(">2I", len(layers), plays)) + palette
    parts = [start, *([png_chunk(b"IDAT", _packed(apart))] if apart else [])]
    for number, layer in enumerate(layers):
        place = (number, *layer.image.size, *layer.place, layer.duration, 1000, layer.then, layer.blends)
        parts.append(png_chunk(b"fcTL", struct.pack(">5I2H2B", *place)))
        data, is_still = _packed(layer.image), number == 0 and not apart
        parts.append(png_chunk(b"IDAT", data) if is_still else png_chunk(b"fdAT", number.to_bytes(4) + data))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + png_chunk(b"IEND", b"")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk, with its sum."""
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def _packed(image: Image.Image) -> bytes:
    data = image.tobytes("raw", "I;16B" if image.mode == "I;16" else image.mode)
    row = len(data) // image.height
    return zlib.compress(b"".join(b"\0" + data[at : at + row] for at in range(0, len(data), row)))


def frames(data: bytes) -> list[tuple[Image.Image, int]]:
    """What an animation shows, one picture after the other, and for how many milliseconds each."""
    image: Any = Image.open(io.BytesIO(data))
    found = []
    for number in range(image.n_frames):
        image.seek(number)
        found.append((image.convert("RGBA"), int(image.info["duration"])))
    return found
