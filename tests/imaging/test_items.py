"""Where the pictures of a HEIF container are."""

from __future__ import annotations

import struct

import pytest

from django_avatars.imaging.headers.items import streams, without_exif
from django_avatars.imaging.rejected import Rejected
from django_avatars.imaging.spliced import Span

LENGTH = 1000


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def entries(*kinds: bytes, version: int = 2) -> bytes:
    """An ``iinf`` box that numbers items of these kinds from 1."""
    number = ">I" if version == 3 else ">H"
    infos = [
        box(b"infe", bytes([version, 0, 0, 0]) + struct.pack(number, item) + bytes(2) + kind + b"\0")
        for item, kind in enumerate(kinds, 1)
    ]
    if version == 3:
        return box(b"iinf", b"\1\0\0\0" + struct.pack(">I", len(kinds)) + b"".join(infos))
    return box(b"iinf", bytes(4) + struct.pack(">H", len(kinds)) + b"".join(infos))


def located(*extents: tuple[int, int], item: int = 1, version: int = 0, method: int = 0, base: int = 0) -> bytes:
    """An ``iloc`` box of one item."""
    number = ">I" if version == 2 else ">H"
    body = bytes([version, 0, 0, 0, 0x44, 0x40 | (4 if version else 0)]) + struct.pack(number, 1)
    body += struct.pack(number, item) + (struct.pack(">H", method) if version else b"") + bytes(2)
    body += struct.pack(">IH", base, len(extents))
    for start, size in extents:
        body += (bytes(4) if version else b"") + struct.pack(">II", start, size)
    return box(b"iloc", body)


def found(*parts: bytes) -> list[list[Span | bytes]]:
    return list(streams(bytes(4) + b"".join(parts), LENGTH))


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_picture_is_found_in_its_pieces(version: int) -> None:
    location = located((10, 20), (50, 0), version=version, base=100)

    assert found(entries(b"av01"), location) == [[Span(110, 130), Span(150, LENGTH)]]


def test_only_pictures_are_looked_at() -> None:
    assert found(entries(b"Exif"), located((10, 20))) == []


def test_items_may_have_long_numbers() -> None:
    assert found(entries(b"Exif", b"av01", version=3), located((1, 2), item=2, version=2)) == [[Span(1, 3)]]


@pytest.mark.parametrize(("size", "piece"), [(3, b"bcd"), (0, b"bcdef")])
def test_a_picture_may_be_within_the_description(size: int, piece: bytes) -> None:
    location = located((1, size), version=1, method=1)

    assert found(entries(b"av01"), box(b"idat", b"abcdef"), location) == [[piece]]


@pytest.mark.parametrize(
    ("location", "code"),
    [
        (located((10, LENGTH)), "truncated"),
        (located((LENGTH + 1, 0)), "truncated"),
        (located((10, 20), version=1, method=2), "truncated"),
        (box(b"iloc", bytes(4) + b"\x44\x40\x00\x01"), "truncated"),
        (located(*[(1, 1)] * 65), "too_complex"),
        (box(b"iloc", bytes(6) + b"\xff\xff"), "too_complex"),
    ],
    ids=["beyond the end", "behind the end", "in another item", "cut", "many pieces", "many items"],
)
def test_places_that_do_not_exist_are_refused(location: bytes, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        found(entries(b"av01"), location)

    assert caught.value.code == code


def test_exif_becomes_an_unknown_item() -> None:
    meta = bytes(4) + entries(b"av01", b"Exif")

    assert without_exif(meta) == meta.replace(b"Exif", b"skip")
    assert without_exif(meta) != meta
