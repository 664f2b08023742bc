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
"""Pixels times scans: 24 megapixels of 33 scans take 0.6 s. Optimizers write at most about fifteen."""


DANGEROUS = frozenset(
    # what browsers run
    "svg svgz htm html xhtml xht shtm shtml stm mht mhtml hta htc xml xsl xslt xbl js mjs cjs jse swf jnlp "
    # what web servers run, or are configured by
    "php php2 php3 php4 php5 php6 php7 php8 phps phpt phtm phtml pht phar "
    "asp aspx ashx asmx ascx axd cer asa cshtml vbhtml jsp jspx jspf jhtml cgi fcgi "
    "pl py pyc pyo pyw pyz rb cfm cfc cfml htaccess htpasswd ini config "
    # what systems run
    "exe dll scr pif msi msp mst msc bat cmd cpl chm hlp inf scf url ps1 ps1xml psm1 psd1 psc1 vb vbs vbe ws wsc wsf "
    "wsh lnk reg gadget sh bash csh ksh zsh command desktop scpt jar war apk appx msix deb rpm dmg pkg".split()
)
"""Endings of files that do something where they are opened or served."""

DOMAINS = frozenset({"pl", "py", "sh", "ws"})
"""Those of `DANGEROUS` that end domains, too. "com", "app" and "inc" mostly end domains, so they are not dangerous."""

ADDRESS = re.compile(r"@|\bwww\.")

ENDING = re.compile(r"\.([a-z0-9]++)(?=[?#;:%\0]|(?:_\w*+)?(?:[^\w.]|\d)*+$)")
"""
The last ending of a name, behind which may stand what a server cuts off (a query, a fragment, a stream, everything
after NUL) or what a person has added (``_large``, `` (1)``, ``~``).
"""

MAX_MEMORY = 190 * 1024**2
"""Bytes that decoding may hold, the file itself not counted: any accepted file takes 200 MB at most."""


def check_length(source: BinaryIO, spec: Spec) -> int:
    """Count the bytes of the file, whatever the headers of the request say. Raises `Rejected`."""
    length = source.seek(0, os.SEEK_END)
    if length == 0:
        raise Rejected("empty")
    if length > spec.max_bytes:
        raise Rejected("too_large", size=readable_bytes(length), max=readable_bytes(spec.max_bytes))
    return length


def check_name(name: str | None) -> None:
    """
    Refuse a name that ends in one of `DANGEROUS`, once what a server or a person would cut away is gone.

    What is in a file decides, not its name. So ``photo.jpg?sz=50``, ``me.jpg_large``, ``a.php.jpg`` and a JPEG called
    ``IMG_0001.HEIC`` pass, and so does a picture called ``www.site.pl``; but not ``a.php``, ``a.php?x.jpg``,
    ``a.jpg?.php``, ``a.php (1)`` and ``a.php/``. No honest name has NUL.
    """
    last = re.split(r"[/\\]", (name or "").rstrip("/\\. "))[-1].lower()
    dangerous = DANGEROUS - DOMAINS if ADDRESS.search(last) else DANGEROUS
    if "\0" in (name or "") or not dangerous.isdisjoint(ENDING.findall(last)):
        raise Rejected("extension_not_allowed")


def check_header(header: Header, spec: Spec) -> None:
    """Check the number of pixels, the sides, the proportions and the least size. Raises `Rejected`."""
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
