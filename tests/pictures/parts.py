"""Taking files apart, and putting them together in ways that no program does."""

from __future__ import annotations

import struct
import zlib


def jpeg_segments(data: bytes) -> list[tuple[int, bytes]]:
    """Markers of a JPEG with all that follows each, up to the next one: what a scan holds is part of its SOS."""
    parts, position = [], 2
    while position < len(data):
        marker = data[position + 1]
        stop = position + 2
        if marker != 0xD9:
            stop += int.from_bytes(data[position + 2 : position + 4])
        while marker == 0xDA and not (data[stop] == 0xFF and data[stop + 1] not in (0, *range(0xD0, 0xD8))):
            stop += 1
        parts.append((marker, data[position:stop]))
        position = stop
    return parts


def frame_header(jpeg: bytes) -> bytes:
    """The segment that holds the sides."""
    return next(body for marker, body in jpeg_segments(jpeg) if marker in (0xC0, 0xC2))


def jpeg_segment(marker: int, body: bytes) -> bytes:
    """One segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def after_soi(jpeg: bytes, *segments: bytes) -> bytes:
    """`jpeg` with `segments` put in front of all others."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def png_chunk(kind: bytes, body: bytes = b"") -> bytes:
    """One chunk, with a right CRC."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and contents of every chunk."""
    chunks, position = [], 8
    while position < len(data):
        size = int.from_bytes(data[position : position + 4])
        chunks.append((data[position + 4 : position + 8], data[position + 8 : position + 8 + size]))
        position += 12 + size
    return chunks


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of exactly these chunks."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def png_header(width: int, height: int, *, depth: int = 8, color: int = 2) -> tuple[bytes, bytes]:
    """An IHDR chunk."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)


def png_with(data: bytes, *chunks: tuple[bytes, bytes], before: bytes = b"IDAT") -> bytes:
    """`data` with `chunks` put before its first chunk of the kind `before`."""
    old = png_chunks(data)
    place = [kind for kind, _ in old].index(before)
    return png(*old[:place], *chunks, *old[place:])


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP file of exactly these chunks."""
    body = b"".join(
        kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2) for kind, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def riff_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and contents of every chunk of a WebP file."""
    chunks, position = [], 12
    while position < len(data):
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        chunks.append((data[position : position + 4], data[position + 8 : position + 8 + size]))
        position += 8 + size + size % 2
    return chunks


def u24(number: int) -> bytes:
    """Three bytes, little-endian."""
    return number.to_bytes(3, "little")


def with_large_boxes(data: bytes) -> bytes:
    """An AVIF or HEIC whose pixels lie in a box with a size of 64 bits, as phones write it."""
    ftyp = int.from_bytes(data[:4])
    meta = ftyp + int.from_bytes(data[ftyp : ftyp + 4])
    moved = bytearray(data[:meta])
    place = data.index(b"iloc") + 4
    version, widths = data[place], int.from_bytes(data[place + 4 : place + 6])
    offset, length, base = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
    assert (version < 2, widths & 15) == (True, 0)
    place += 8
    for _ in range(int.from_bytes(data[place - 2 : place])):
        place += (6 if version else 4) + base
        count = int.from_bytes(data[place : place + 2])
        place += 2
        for _ in range(count):
            moved[place : place + offset] = (int.from_bytes(data[place : place + offset]) + 8).to_bytes(offset)
            place += offset + length
    return bytes(moved) + struct.pack(">I4sQ", 1, b"mdat", len(data) - meta + 8) + data[meta + 8 :]
