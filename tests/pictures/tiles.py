"""AVIF files of tiles that are all the same bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from PIL import Image

from .drawing import saved


def iso_boxes(data: bytes, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Kind and contents of each box from `start` on."""
    while start < len(data):
        size = int.from_bytes(data[start : start + 4])
        yield data[start + 4 : start + 8], data[start + 8 : start + size]
        start += size


def iso_box(kind: bytes, *bodies: bytes) -> bytes:
    """One box."""
    return struct.pack(">I", 8 + sum(map(len, bodies))) + kind + b"".join(bodies)


def with_property(data: bytes, kind: bytes, body: bytes) -> bytes:
    """An AVIF of one item, as Pillow writes it, with one more property that readers have to know."""
    parts = dict(iso_boxes(data))
    meta = dict(iso_boxes(parts[b"meta"], 4))
    inside = dict(iso_boxes(meta[b"iprp"]))
    number = len(list(iso_boxes(inside[b"ipco"]))) + 1
    ipma, iloc = inside[b"ipma"], meta[b"iloc"]
    added = iso_box(kind, body)
    start = int.from_bytes(iloc[14:18]) + len(added) + 1
    meta[b"iloc"] = iloc[:14] + start.to_bytes(4) + iloc[18:]
    meta[b"iprp"] = iso_box(b"ipco", inside[b"ipco"], added) + iso_box(
        b"ipma", ipma[:10], bytes([ipma[10] + 1]), ipma[11:], bytes([0x80 | number])
    )
    described = iso_box(b"meta", bytes(4), *(iso_box(*part) for part in meta.items()))
    return iso_box(b"ftyp", parts[b"ftyp"]) + described + iso_box(b"mdat", parts[b"mdat"])


def tiled_avif(
    tile: Image.Image, side: int, *, frames: int = 1, colors_of_tiles: bytes = b"", **options: object
) -> bytes:
    """
    `side` by `side` times `tile`, which is in the file once, its frame so many times.

    The tiles may have colors of their own, and then the picture has none.
    """
    parts = dict(iso_boxes(saved(tile, "AVIF", speed=10, **options)))
    meta = dict(iso_boxes(parts[b"meta"], 4))
    kept = dict(iso_boxes(dict(iso_boxes(meta[b"iprp"]))[b"ipco"]))
    pixels = parts[b"mdat"] + _last_unit(parts[b"mdat"]) * (frames - 1)
    count = side * side
    numbers, grid = range(1, count + 1), count + 1
    shape = struct.pack(">4B2H", 0, 0, side - 1, side - 1, tile.width * side, tile.height * side)
    size = iso_box(b"ispe", bytes(4), struct.pack(">2I", tile.width * side, tile.height * side))
    kept[b"colr"] = colors_of_tiles or kept[b"colr"]
    properties = [iso_box(kind, kept[kind]) for kind in (b"ispe", b"pixi", b"av1C", b"colr")]
    associations = [struct.pack(">H5B", number, 4, 1, 2, 0x83, 4) for number in numbers]
    associations.append(struct.pack(">H", grid) + (b"\2\5\2" if colors_of_tiles else b"\3\5\2\4"))
    infos = [*(_info(number, b"av01") for number in numbers), _info(grid, b"grid")]
    described = [
        iso_box(b"hdlr", meta[b"hdlr"]),
        iso_box(b"pitm", bytes(4), struct.pack(">H", grid)),
        iso_box(b"iinf", bytes(4), struct.pack(">H", grid), *infos),
        iso_box(b"iref", bytes(4), iso_box(b"dimg", struct.pack(f">2H{count}H", grid, count, *numbers))),
        iso_box(
            b"iprp",
            iso_box(b"ipco", *properties, size),
            iso_box(b"ipma", bytes(4), struct.pack(">I", grid), *associations),
        ),
    ]

    def file(start: int) -> bytes:
        places = [struct.pack(">4H2I", number, 0, 0, 1, start, len(pixels)) for number in numbers]
        places.append(struct.pack(">4H2I", grid, 0, 0, 1, start + len(pixels), len(shape)))
        located = iso_box(b"iloc", b"\1\0\0\0\x44\0", struct.pack(">H", grid), *places)
        head = iso_box(b"ftyp", b"avif", bytes(4), b"avifmif1miaf") + iso_box(b"meta", bytes(4), *described, located)
        return head + iso_box(b"mdat", pixels, shape)

    return file(len(file(0)) - len(pixels) - len(shape))


def _info(number: int, kind: bytes) -> bytes:
    return iso_box(b"infe", b"\2\0\0\0", struct.pack(">2H", number, 0), kind, b"\0")


def _last_unit(stream: bytes) -> bytes:
    """The frame: the third part of a stream, behind a mark of time and the sequence header."""
    start = 2 + 2 + stream[3]
    return stream[start:]
