"""What is refused before a decoder is asked: bytes, names, pixels, proportions."""

from __future__ import annotations

import os
import re
from typing import BinaryIO

from .headers.header import Header
from .rejected import Rejected, readable_bytes, readable_megapixels
from .spec import Spec

MAX_SIDE = 30_000
"""Pixels. A decoder needs a few rows at a time even where it shrinks."""

MAX_RATIO = 20
"""Longer side to shorter side. A square of a narrower strip would show next to nothing of it."""

MAX_WORK = 800_000_000
"""Pixels times scans: 24 megapixels of 33 scans take 0.6 s. Optimisers write at most about fifteen."""


DANGEROUS = frozenset(
    # what browsers run
    "svg svgz htm html xhtml xht shtml mht mhtml hta xml xsl xslt js mjs cjs jse swf "
    # what web servers run, or are configured by
    "php php3 php4 php5 php7 php8 phps phtml pht phar asp aspx ashx asmx ascx cer asa jsp jspx jspf jhtml cgi fcgi "
    "pl py pyc rb cfm cfc htaccess htpasswd ini config inc "
    # what systems run
    "exe dll scr pif msi bat cmd cpl ps1 vbs vbe wsf wsh lnk reg sh bash command jar war apk app deb rpm dmg".split()
)
"""Endings of files that do something where they are opened or served. "com" is no such one: addresses end so."""

ENDING = re.compile(r"\.([a-z0-9]+)(?=[?;:\0])|\.([a-z0-9]+)[^.]*$")
"""The last one, without what hangs on it, and any where the web, Windows or C take the name to end."""

MAX_MEMORY = 190 * 1024**2
"""Bytes that decoding may hold, the file itself not counted: any accepted file takes 200 MB at most."""


def check_length(source: BinaryIO, spec: Spec) -> int:
    """The real number of bytes, counted, whatever the upload's headers said."""
    length = source.seek(0, os.SEEK_END)
    if length == 0:
        raise Rejected("empty")
    if length > spec.max_bytes:
        raise Rejected("too_large", size=readable_bytes(length), max=readable_bytes(spec.max_bytes))
    return length


def check_name(name: str | None) -> None:
    """
    What is in a file decides, not its name: a name is refused only where its ending is one of `DANGEROUS`.

    So ``photo.jpg?sz=50``, ``me.jpg_large`` and a JPEG called ``IMG_0001.HEIC`` pass. Windows drops trailing dots and
    spaces, ``shell.php;.jpg`` is a program to some servers, and C stops at NUL, which no honest name has.
    """
    last = re.split(r"[/\\]", name or "")[-1].rstrip(". ").lower()
    if "\0" in (name or "") or not DANGEROUS.isdisjoint(a or b for a, b in ENDING.findall(last)):
        raise Rejected("extension_not_allowed")


def check_header(header: Header, spec: Spec) -> None:
    """Pixels, sides, proportions; and the least size that the spec wants."""
    width, height = header.width, header.height
    if min(width, height) < 1:
        raise Rejected("bad_proportions", width=width, height=height)
    limit = min(spec.max_pixels[header.limit or header.format], int(MAX_MEMORY / header.least_held))
    if width * height > limit or max(width, height) > MAX_SIDE:
        raise Rejected(
            "too_many_pixels", megapixels=readable_megapixels(width * height), max=readable_megapixels(limit)
        )
    if header.scans > 1 and header.scans * width * height > MAX_WORK:
        raise Rejected("too_complex")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise Rejected("bad_proportions", width=width, height=height)
    if min(width, height) < spec.min_size:
        raise Rejected("too_small", width=width, height=height, min=spec.min_size)
