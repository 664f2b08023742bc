"""Pixels, metadata, and the ordinary pictures that both make."""

from __future__ import annotations

import functools
import io
import random
import struct
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageCms

PAYLOAD = b"<?php system($_GET['c']); ?><script>alert(1)</script>"
"""What must never be found in anything that is stored."""

QUADRANTS = ((220, 40, 40), (40, 170, 60), (40, 70, 200), (230, 200, 50))
"""Colors of `quadrants`: top left, top right, bottom left, bottom right."""

GPS_LATITUDE = b"\x00\x00\x00\x30\x00\x00\x00\x01\x00\x00\x00\x0c\x00\x00\x00\x01\x00\x00\x1a\x85\x00\x00\x00\x64"
"""48° 12' 67.89": how `photo(gps=True)` holds it, as the big-endian rationals of its EXIF block."""

CAMERA = b"Avatarphone 13"
"""The device that `photo(gps=True)` was taken with."""


# Pixels


def scene(width: int, height: int) -> Image.Image:
    """Something like a photograph: gradients, rings and a little noise. Always the same."""
    return _small_scene().resize((width, height), Image.Resampling.BICUBIC)


@functools.cache
def _small_scene() -> Image.Image:
    side = 256
    noise = Image.frombytes("L", (side, side), random.Random(side).randbytes(side * side))
    bands = [
        Image.blend(gradient, noise, 0.06)
        for gradient in (
            Image.linear_gradient("L"),
            Image.radial_gradient("L"),
            Image.linear_gradient("L").rotate(90),
        )
    ]
    return Image.merge("RGB", bands)


def quadrants(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Four fields of different colors, so that every way of turning can be told apart."""
    image = Image.new("RGB", (2, 2))
    image.putdata(QUADRANTS)
    return image.resize((width, height), Image.Resampling.NEAREST).convert(mode)


def saved(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """`image` as a file."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


# Metadata


def tiff(entries: Sequence[tuple[int, int, int, bytes]], *, more: bytes = b"", big_endian: bool = True) -> bytes:
    """A TIFF block with one directory: (tag, type, count, four bytes of value) each, then `more`."""
    order = ">" if big_endian else "<"
    head = b"MM\0*" if big_endian else b"II*\0"
    directory = b"".join(struct.pack(order + "HHI", tag, kind, count) + value for tag, kind, count, value in entries)
    return head + struct.pack(order + "IH", 8, len(entries)) + directory + bytes(4) + more


def exif(orientation: int = 1, *, gps: bool = False, big_endian: bool = True) -> bytes:
    """EXIF as a phone writes it: the orientation and, on request, place and device."""
    value = struct.pack(">HH" if big_endian else "<HH", orientation, 0)
    if not gps:
        return b"Exif\0\0" + tiff([(0x0112, 3, 1, value)], big_endian=big_endian)
    device = CAMERA + b"\0"
    after = 8 + 2 + 3 * 12 + 4
    entries = [
        (0x0110, 2, len(device), struct.pack(">I", after)),
        (0x0112, 3, 1, value),
        (0x8825, 4, 1, struct.pack(">I", after + len(device))),
    ]
    place = after + len(device) + 2 + 2 * 12 + 4
    directory = struct.pack(">HHHI4sHHII", 2, 1, 2, 2, b"N\0\0\0", 2, 5, 3, place) + bytes(4)
    return b"Exif\0\0" + tiff(entries, more=device + directory + GPS_LATITUDE)


def srgb_profile() -> bytes:
    """The profile of sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def matrix_profile(red: Sequence[float], green: Sequence[float], blue: Sequence[float], gamma: float = 2.2) -> bytes:
    """An ICC v2 display profile with these D50 XYZ primaries and one gamma (ICC.1:2001-04)."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    description = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)
    tags = {b"desc": description, b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1.0, 0.8249)}
    tags |= {b"cprt": b"text" + bytes(4) + b"none\0\0\0\0"}
    for name, primary in ((b"r", red), (b"g", green), (b"b", blue)):
        tags[name + b"XYZ"] = b"XYZ " + bytes(4) + fixed(*primary)
        tags[name + b"TRC"] = curve
    table, body, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    length = offset + len(body)
    head = struct.pack(">I", length) + bytes(4) + b"\x02\x10\0\0" + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    return (head + fixed(0.9642, 1.0, 0.8249) + bytes(48)) + struct.pack(">I", len(tags)) + table + body


def display_p3() -> bytes:
    """The wide gamut of phones; a plain gamma stands for its curve."""
    return matrix_profile((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841))


def rotated_primaries() -> bytes:
    """A profile that calls green what is stored as red, and so on: unmistakable when it is ignored."""
    return matrix_profile((0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141), (0.4361, 0.2225, 0.0139))


def photo(
    width: int = 320,
    height: int = 240,
    *,
    format: str = "JPEG",
    orientation: int | None = None,
    icc: bytes | None = None,
    gps: bool = False,
    image: Image.Image | None = None,
    **options: Any,
) -> bytes:
    """
    An ordinary picture.

    Args:
        width: In pixels, as stored.
        height: In pixels, as stored.
        format: Pillow's name.
        orientation: EXIF orientation, written even when it is nonsense.
        icc: Color profile to embed.
        gps: Embed place, device, a comment and XMP.
        image: The pixels; a `scene` without it.
        options: For Pillow's encoder.
    """
    if orientation is not None or gps:
        options["exif"] = exif(orientation or 1, gps=gps)
    if icc is not None:
        options["icc_profile"] = icc
    if gps and format == "JPEG":
        options |= {"comment": PAYLOAD, "xmp": b"<x:xmpmeta>" + PAYLOAD}
    if image is not None:
        return saved(image, format, **options)
    return _saved_scene(width, height, format, **options)


@functools.lru_cache(maxsize=100)
def _saved_scene(width: int, height: int, format: str, **options: Any) -> bytes:
    return saved(scene(width, height), format, **options)
