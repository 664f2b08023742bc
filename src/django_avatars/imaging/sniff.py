"""Telling the format of a file by its first bytes. No other code reads the file before."""

from __future__ import annotations

from .formats import INPUT_FORMATS
from .rejected import Rejected

HEAD = 4096
"""How many bytes `identify` needs."""

OURS: dict[str, tuple[bytes, ...]] = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "BMP": (b"BM",),
}

FOREIGN: dict[str, tuple[bytes, ...]] = {
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "PSD": (b"8BPS",),
    "EPS": (b"%!PS", b"\xc5\xd0\xd3\xc6"),
    "ICO": (b"\0\0\1\0", b"\0\0\2\0"),
    "ICNS": (b"icns",),
    "JPEG 2000": (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"),
    "JPEG XL": (b"\xff\x0a", b"\0\0\0\x0cJXL "),
    "DDS": (b"DDS ",),
    "FITS": (b"SIMPLE  =",),
    "QOI": (b"qoif",),
    "PNM": tuple(b"P%d%c" % (kind, space) for kind in range(1, 7) for space in b" \n\r\t"),
    "XCF": (b"gimp xcf",),
    "WMF": (b"\xd7\xcd\xc6\x9a",),
}
"""Picture formats that are never read. They are recognized only to name them in the error."""

BRANDS = {
    "AVIF": {b"avif", b"avis"},
    "HEIC": {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"},
    "HEIF": {
        b"mif1",
        b"mif2",
        b"mif3",
        b"msf1",
        b"avci",
        b"avcs",
        b"jpeg",
        b"jpgs",
        b"j2ki",
        b"j2is",
        b"vvic",
        b"evbi",
    },
}
"""If a file names several brands, the first key here wins. HEIF alone says nothing of the coding, and is never read."""


def identify(head: bytes, accepted: tuple[str, ...]) -> str:
    """
    The key of the format of the file that begins with `head`: one of `accepted`.

    Raises:
        Rejected: ``unsupported_format`` for a picture of another format, ``not_an_image`` for
            anything else. Scripts, pages and programs are anything else, whatever their names.
    """
    known = format_of(head)
    if known in accepted:
        return known
    given = known or _foreign(head)
    if given:
        raise Rejected("unsupported_format", given=_called(given))
    raise Rejected("not_an_image")


def format_of(head: bytes) -> str:
    """The key of the format of the file that begins with `head`; "HEIF" and "" are no formats that can be read."""
    for key, signatures in OURS.items():
        if head.startswith(signatures):
            return key
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return _container_key(head) if head[4:8] == b"ftyp" else ""


def _container_key(head: bytes) -> str:
    """AVIF, HEIC or HEIF by the brands of the ``ftyp`` box, whose size may have 64 bits."""
    size, first = int.from_bytes(head[:4]), 8
    if size == 1:
        size, first = int.from_bytes(head[8:16]), 16
    # A file with a short header says its coding where others say their version (heif.mini).
    from_version = first + (4 if head[first : first + 4] == b"mif3" else 8)
    brands = {head[first : first + 4], *(head[at : at + 4] for at in range(from_version, min(size, len(head)) - 3, 4))}
    return next((key for key, ours in BRANDS.items() if brands & ours), "")


def _foreign(head: bytes) -> str:
    for name, signatures in FOREIGN.items():
        if head.startswith(signatures):
            return name
    return "SVG" if _is_svg(head) else ""


def _is_svg(head: bytes) -> bool:
    """XML whose first element is ``svg``; a page that holds one is a page."""
    text = head.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    text = text.lstrip().lower()
    return text.startswith((b"<svg", b"<?xml", b"<!doctype svg", b"<!--")) and b"<svg" in text and b"<html" not in text


def _called(key: str) -> str:
    return INPUT_FORMATS[key].name if key in INPUT_FORMATS else key
