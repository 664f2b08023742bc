"""Pictures that were made to do harm."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image

from .drawing import PAYLOAD, photo, quadrants, saved, tiff
from .parts import after_soi, jpeg_segment, jpeg_segments, png, png_header, png_with, riff, riff_chunks, u24
from .profiles import program_profile


def scan_bomb(width: int = 2400, height: int = 2400, scans: int = 300) -> bytes:
    """A small progressive JPEG whose last scan is repeated: each one makes the decoder visit every block."""
    parts = jpeg_segments(saved(Image.new("L", (width, height), 128), "JPEG", progressive=True))
    last = max(place for place, (marker, _) in enumerate(parts) if marker == 0xDA)
    present = sum(marker == 0xDA for marker, _ in parts)
    bodies = [body for _, body in parts]
    return b"\xff\xd8" + b"".join(bodies[:last] + [bodies[last]] * (scans - present + 1) + bodies[last + 1 :])


def aspect_bomb(width: int = 1, height: int = 4000) -> bytes:
    """A hundred bytes that become gigabytes when they are first fitted to a square and then cropped."""
    return saved(Image.new("1", (width, height)))


def png_flood(width: int = 30_000, height: int = 30_000) -> bytes:
    """A header that promises more pixels than there is memory."""
    return png(png_header(width, height), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))


def jpeg_flood(width: int = 60_000, height: int = 60_000) -> bytes:
    """The same as a JPEG."""
    small = saved(Image.new("RGB", (16, 16)), "JPEG")
    place = small.index(b"\xff\xc0") + 5
    return small[:place] + struct.pack(">HH", height, width) + small[place + 4 :]


def gif_flood(width: int = 65_535, height: int = 65_535) -> bytes:
    """The same as a GIF: a small screen with a huge frame."""
    small = saved(Image.new("P", (1, 1)), "GIF")
    place = small.index(b",") + 5
    return small[:place] + struct.pack("<HH", width, height) + small[place + 4 :]


def webp_canvas_bomb(side: int = 16_384) -> bytes:
    """An animation of one pixel on a canvas of 268 megapixels, which Pillow allocates when it opens the file."""
    pixel = riff_chunks(saved(Image.new("RGB", (1, 1)), "WEBP", lossless=True))[0]
    frame = u24(0) * 2 + u24(0) * 2 + u24(100) + b"\0"
    frame += pixel[0] + struct.pack("<I", len(pixel[1])) + pixel[1] + bytes(len(pixel[1]) % 2)
    header = b"\x02\0\0\0" + u24(side - 1) * 2
    return riff((b"VP8X", header), (b"ANIM", bytes(6)), (b"ANMF", frame))


def webp_flood(side: int = 16_383) -> bytes:
    """A lossless WebP header that promises as much as the format can."""
    bits = (side - 1) | (side - 1) << 14
    return riff((b"VP8L", b"\x2f" + struct.pack("<I", bits) + bytes(8)))


def bmp_flood(side: int = 30_000) -> bytes:
    """The same as a BMP."""
    small = bytearray(saved(Image.new("RGB", (1, 1)), "BMP"))
    small[18:26] = struct.pack("<ii", side, side)
    return bytes(small)


def compressed_bmp() -> bytes:
    """Run-length encoded: a decoder in Python reads it a byte at a time."""
    small = bytearray(saved(Image.new("P", (16, 16)), "BMP"))
    small[30:34] = struct.pack("<I", 1)
    return bytes(small)


def log_flood(tags: int = 60_000) -> bytes:
    """A PNG with one eXIf chunk, for each tag of which Pillow's reader writes a warning."""
    block = tiff([(0x9000 + tag % 4000, 2, 1000, b"\xff\xff\xff\xff") for tag in range(tags)])
    return png_with(saved(quadrants(64, 64)), (b"eXIf", block))


def text_bomb(*, before: bytes) -> bytes:
    """A PNG with a compressed text of 8 MB, before IDAT or before IEND: Pillow raises a bare ValueError."""
    text = b"Comment\0\0" + zlib.compress(bytes(8_000_000))
    return png_with(saved(quadrants(64, 64)), (b"zTXt", text), before=before)


def profile_bomb(size: int = 16_000_000) -> bytes:
    """A PNG whose color profile inflates to `size` bytes."""
    return png_with(saved(quadrants(64, 64)), (b"iCCP", b"x\0\0" + zlib.compress(bytes(size))))


def frame_bomb(frames: int = 30_000) -> bytes:
    """A GIF of many tiny frames: counting them takes seconds."""
    start = saved(Image.new("P", (8, 8)), "GIF")
    frame = start[start.index(b",") : -1]
    return start[:-1] + frame * frames + b";"


def many_chunks(count: int = 100_000) -> bytes:
    """A PNG of empty IDAT chunks."""
    return png_with(saved(quadrants(8, 8)), *[(b"IDAT", b"")] * count, before=b"IEND")


def many_segments(count: int = 100_000) -> bytes:
    """A JPEG of empty comments."""
    return after_soi(photo(16, 16), *[jpeg_segment(0xFE, b"")] * count)


def many_riff_chunks(count: int = 100_000) -> bytes:
    """A WebP of empty chunks."""
    return riff(*riff_chunks(photo(16, 16, format="WEBP")), *[(b"JUNK", b"")] * count)


def many_extensions(count: int = 100_000) -> bytes:
    """A GIF of empty comments in front of the first frame."""
    data = saved(Image.new("P", (8, 8)), "GIF")
    place = data.index(b",")
    return data[:place] + b"\x21\xfe\x00" * count + data[place:]


def long_comment(count: int = 100_000) -> bytes:
    """A GIF with one comment of many one-byte parts."""
    data = saved(Image.new("P", (8, 8)), "GIF")
    place = data.index(b",")
    return data[:place] + b"\x21\xfe" + b"\x01x" * count + b"\0" + data[place:]


def long_comments(count: int = 600) -> bytes:
    """A GIF with ten megabytes of comments in one-byte parts, each of as many as one alone may have."""
    data = saved(Image.new("P", (8, 8)), "GIF")
    place = data.index(b",")
    return data[:place] + (b"\x21\xfe" + b"\x01x" * 8_000 + b"\0") * count + data[place:]


def fill_bytes(count: int = 10_000_000) -> bytes:
    """A JPEG with as many bytes in front of a marker, each of which means nothing."""
    data = photo(16, 16)
    return data[:2] + b"\xff" * count + data[2:]


def with_program(format: str) -> bytes:
    """A photo with the profile of `program_profile`."""
    return photo(format=format, icc=program_profile())


def transparent_color() -> bytes:
    """A PNG without alpha, one color of which is to be seen through."""
    return png_with(many_pixels(4898, 4898, color=2), (b"tRNS", b"\0\1\0\2\0\3"))


def payload_everywhere() -> bytes:
    """A PNG with `PAYLOAD` in a text, in the palette, in the pixels and behind the end."""
    image = Image.new("P", (64, 64))
    image.putpalette((PAYLOAD * 16)[:768])
    image.frombytes((PAYLOAD * 100)[: 64 * 64])
    data = png_with(saved(image, compress_level=0), (b"tEXt", b"Comment\0" + PAYLOAD))
    return data + PAYLOAD


def payload_in_jpeg() -> bytes:
    """A JPEG with `PAYLOAD` in a comment, in EXIF, in its profile's place and behind the end."""
    extra = [jpeg_segment(0xFE, PAYLOAD), jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1" + PAYLOAD)]
    return after_soi(photo(gps=True), *extra, jpeg_segment(0xE1, b"Exif\0\0" + PAYLOAD)) + PAYLOAD


def gif_script() -> bytes:
    """A GIF that is also a script: the screen's sides are a comment's beginning."""
    return b"GIF89a/*\x01\x00\x00\x00\x00" + b"*/=1;alert(1)//"


def zip_archive() -> bytes:
    """An empty archive: the end record alone."""
    return b"PK\x05\x06" + bytes(18)


def cut(data: bytes, share: float = 0.6) -> bytes:
    """The first part of `data`."""
    return data[: math.ceil(len(data) * share)]


def corrupt(data: bytes, place: int) -> bytes:
    """`data` with 64 bytes overwritten."""
    return data[:place] + b"\xff\xc0\0\xa5" * 16 + data[place + 64 :]


def spoilt(spoil: Callable[[bytes], bytes], format: str) -> bytes:
    """A photo that something was done to."""
    return spoil(photo(format=format))


def heic(brand: bytes = b"heic") -> bytes:
    """The beginning of a phone's HEIC file."""
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + b"mif1" + brand + bytes(64)


def many_pixels(width: int, height: int, *, depth: int = 8, color: int = 6, interlaced: bool = False) -> bytes:
    """A PNG of black pixels, with as few bytes and as little memory as possible: within the limits, and costly."""
    pixel = depth // 8 * {0: 1, 2: 3, 4: 2, 6: 4}[color]
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    packer, packed = zlib.compressobj(1), []
    for x, y, right, down in passes:
        row = bytes(1 + pixel * len(range(x, width, right)))
        packed += [packer.compress(row) for _ in range(y, height, down)]
    kind, header = png_header(width, height, depth=depth, color=color)
    body = b"".join([*packed, packer.flush()])
    return png((kind, header[:-1] + bytes([interlaced])), (b"IDAT", body), (b"IEND", b""))


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
"""Where each pass of an interlaced PNG begins, and the steps that it takes to the right and down."""


def inflating_pixels(*, extra: bool = False) -> bytes:
    """A small PNG whose pixels inflate to 60 MB: as they are, or as more of them behind those that it needs."""
    bomb = b"IDAT", zlib.compress(bytes(60_000_000), 9)
    if extra:
        return png_with(saved(quadrants(8, 8)), bomb, before=b"IEND")
    return png(png_header(8, 8), bomb, (b"IEND", b""))


def long_xmp() -> bytes:
    """A JPEG with five megabytes of XMP."""
    return after_soi(photo(), *[jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PAYLOAD * 1200)] * 80)


def long_profile() -> bytes:
    """A JPEG with a color profile of two megabytes, in forty parts."""
    parts = (b"ICC_PROFILE\0" + bytes([number, 40]) + bytes(60_000) for number in range(1, 41))
    return after_soi(photo(), *[jpeg_segment(0xE2, part) for part in parts])


def iptc() -> bytes:
    """A JPEG with `PAYLOAD` where Photoshop keeps captions."""
    return after_soi(photo(), jpeg_segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + PAYLOAD))


def iphone_png() -> bytes:
    """Apple's own kind of PNG, which is none: a chunk stands before the header."""
    return png_with(photo(format="PNG"), (b"CgBI", b"\x50\0\x20\x02"), before=b"IHDR")


def webp_log_flood() -> bytes:
    """`log_flood` as a WebP."""
    block = tiff([(0x9000 + tag % 4000, 2, 1000, b"\xff\xff\xff\xff") for tag in range(60_000)])
    return riff(*riff_chunks(photo(format="WEBP")), (b"EXIF", block))


WHOLE_COLORS: dict[str, Any] = {"progressive": True, "subsampling": 0, "quality": 60}
"""What makes a JPEG keep as much of colors as of brightness, and its decoder of all."""

CLEAR_PALETTE: dict[str, Any] = {"format": "PNG", "transparency": 3, "compress_level": 1}
"""What makes a PNG with a palette have alpha."""

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><image href="file:///etc/passwd"/></svg>'
HTML = b"<!doctype html><html><body><svg/><script>alert(1)</script></body></html>"
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(/etc/passwd) (r) file\n%%EOF\n"
