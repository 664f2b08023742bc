"""Looking at stored files byte by byte: what they consist of, and whether anything rode along."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

from PIL import Image

from tests import pictures

TRACES = (
    pictures.PAYLOAD, b"<?php", b"<script", pictures.CAMERA, pictures.GPS_LATITUDE, b"Exif", b"EXIF", b"eXIf",
    b"xpacket", b"xmpmeta", b"XMP ", b"8BIM", b"Photoshop", b"ICC_PROFILE", b"ICCP", b"iCCP", b"acsp", b"JFXX",
    b"PK\x05\x06", b"Comment", b"tEXt", b"zTXt", b"iTXt", b"MPF\0",
)  # fmt: skip
"""What must be in no stored file, as it is or inflated."""


def parts(data: bytes) -> set[str]:
    """Names of all that a stored file consists of. Raises `AssertionError` where something trails behind its end."""
    if data.startswith(b"RIFF"):
        assert int.from_bytes(data[4:8], "little") + 8 == len(data)
        return {kind.decode() for kind, _ in pictures.riff_chunks(data)}
    if data.startswith(b"\x89PNG"):
        chunks = pictures.png_chunks(data)
        assert chunks[-1] == (b"IEND", b"")
        return {kind.decode() for kind, _ in chunks}
    assert data.startswith(b"\xff\xd8")
    segments = pictures.jpeg_segments(data)
    assert segments[-1] == (0xD9, b"\xff\xd9")
    return {f"{marker:02x}" for marker, _ in segments}


ALLOWED = {
    "webp": {"VP8 ", "VP8L", "VP8X", "ALPH"},
    "png": {"IHDR", "IDAT", "IEND"},
    "jpg": {"c0", "c4", "d9", "da", "db", "e0"},
}
"""What files of ours consist of: pixels, and how they are packed."""


def raw_and_inflated(data: bytes) -> Iterator[bytes]:
    """The file, and every stream in it that inflates."""
    yield data
    if data.startswith(b"\x89PNG"):
        yield zlib.decompress(b"".join(body for kind, body in pictures.png_chunks(data) if kind == b"IDAT"))


def assert_bare(data: bytes, extension: str) -> None:
    """Assert that a stored file is its pixels and nothing else."""
    assert parts(data) <= ALLOWED[extension]
    for form in raw_and_inflated(data):
        assert [trace for trace in TRACES if trace in form] == []


def opened(data: bytes) -> Image.Image:
    """The pixels, and the assertion that Pillow finds nothing besides them."""
    image = Image.open(io.BytesIO(data))
    image.load()
    assert not {"exif", "xmp", "icc_profile", "comment", "photoshop", "XML:com.adobe.xmp"} & image.info.keys()
    assert image.getexif() == {}
    assert getattr(image, "n_frames", 1) == 1
    return image
