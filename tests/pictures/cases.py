"""Tables of pictures, with what has to become of each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from PIL import Image

from .drawing import *
from .hostile import *
from .lossless import *
from .parts import *
from .profiles import *
from .unusual import *


class Case(NamedTuple):
    """A file, how it is called, and what has to become of it."""

    id: str
    name: str
    build: Callable[[], bytes]
    code: str | None
    """The refusal's code; None for a picture."""


HOSTILE = [
    Case("empty", "a.jpg", lambda: b"", "empty"),
    Case("too large", "a.jpg", lambda: photo() + bytes(10 * 1024 * 1024), "too_large"),
    Case("scan bomb", "a.jpg", scan_bomb, "too_complex"),
    Case("scan bomb, 24 megapixels", "a.jpg", lambda: scan_bomb(4900, 4890, 250), "too_complex"),
    Case("progressive, but reasonable", "a.jpg", lambda: photo(800, 600, progressive=True), None),
    Case("aspect bomb", "a.png", aspect_bomb, "bad_proportions"),
    Case("aspect bomb, wide", "a.png", lambda: aspect_bomb(30_000, 1), "bad_proportions"),
    Case("no width", "a.png", lambda: png_flood(0, 100), "bad_proportions"),
    Case("no sides", "a.png", lambda: png_flood(0, 0), "bad_proportions"),
    Case("PNG flood", "a.png", png_flood, "too_many_pixels"),
    Case("PNG just under Pillow's limit", "a.png", lambda: png_flood(9400, 9400), "too_many_pixels"),
    Case("JPEG flood", "a.jpg", jpeg_flood, "too_many_pixels"),
    Case("GIF flood", "a.gif", gif_flood, "too_many_pixels"),
    Case("WebP canvas bomb", "a.webp", webp_canvas_bomb, "too_many_pixels"),
    Case("WebP flood", "a.webp", webp_flood, "too_many_pixels"),
    Case("two PNG headers", "a.png", lambda: png_with(photo(format="PNG"), png_header(30_000, 30_000)), None),
    Case("two JPEG headers", "a.jpg", lambda: after_soi(jpeg_flood(), frame_header(photo())), "truncated"),
    Case("log flood", "a.png", log_flood, None),
    Case("zTXt before IDAT", "a.png", lambda: text_bomb(before=b"IDAT"), None),
    Case("zTXt after IDAT", "a.png", lambda: text_bomb(before=b"IEND"), None),
    Case("profile bomb", "a.png", profile_bomb, None),
    Case("broken profile", "a.jpg", lambda: photo(icc=b"not a profile" * 20), None),
    Case("frame bomb", "a.gif", frame_bomb, None),
    Case("frame bomb, APNG", "a.png", lambda: animation("PNG", 800), None),
    Case("frame bomb, WebP", "a.webp", lambda: animation("WEBP", 800), None),
    Case("inflating pixels", "a.png", inflating_pixels, None),
    Case("inflating pixels behind the last", "a.png", lambda: inflating_pixels(extra=True), None),
    Case("long XMP", "a.jpg", long_xmp, None),
    Case("long profile", "a.jpg", long_profile, None),
    *[
        Case(f"profile that is a program, {format}", f"a.{format.lower()}", partial(with_program, format), None)
        for format in ("JPEG", "PNG", "WEBP")
    ],
    Case("IPTC", "a.jpg", iptc, None),
    Case("PNG of an iPhone", "a.png", iphone_png, "truncated"),
    Case("log flood, WebP", "a.webp", webp_log_flood, None),
    Case("APNG", "a.png", lambda: animation("PNG", 20), None),
    Case("animated WebP", "a.webp", lambda: animation("WEBP", 20), None),
    Case("MPO", "a.jpg", mpo, None),
    Case("many PNG chunks", "a.png", many_chunks, "too_complex"),
    Case("many JPEG segments", "a.jpg", many_segments, "too_complex"),
    Case("many WebP chunks", "a.webp", many_riff_chunks, "too_complex"),
    Case("many prefix codes in a WebP", "a.webp", grouped_webp, "too_complex"),
    Case("many prefix codes in a WebP's alpha", "a.webp", grouped_alpha, "too_complex"),
    Case("many prefix codes in an animated WebP", "a.webp", grouped_animation, "too_complex"),
    Case("many GIF extensions", "a.gif", many_extensions, "too_complex"),
    Case("long GIF comment", "a.gif", long_comment, "too_complex"),
    Case("long GIF comments", "a.gif", long_comments, "too_complex"),
    Case("JPEG of fill bytes", "a.jpg", fill_bytes, "too_complex"),
    *[
        Case(f"{what} {format}", f"a.{format.lower()}", partial(spoilt, spoil, format), code)
        for format in ("JPEG", "PNG", "WEBP", "GIF")
        for what, spoil, code in (
            ("truncated", cut, "truncated"),
            ("beheaded", lambda data: data[:16], "truncated"),
            ("garbage after", lambda data: data + PAYLOAD + zip_archive(), None),
        )
    ],
    Case("corrupt PNG", "a.png", lambda: corrupt(photo(format="PNG"), 60_000), "truncated"),
    Case("corrupt WebP", "a.webp", lambda: corrupt(photo(format="WEBP"), 20), "truncated"),
    Case("magic only", "a.jpg", lambda: b"\xff\xd8\xff" + HTML, "truncated"),
    Case("payload in PNG", "a.png", payload_everywhere, None),
    Case("payload in JPEG", "a.jpg", payload_in_jpeg, None),
    Case("GIF and script", "a.gif", gif_script, "truncated"),
    Case("SVG", "a.svg", lambda: SVG, "unsupported_format"),
    Case("SVG called .png", "a.png", lambda: b"\xef\xbb\xbf \n" + SVG, "unsupported_format"),
    Case("SVG in UTF-16", "a.png", lambda: SVG.decode().encode("utf-16"), "unsupported_format"),
    Case("EPS called .jpg", "a.jpg", lambda: EPS, "unsupported_format"),
    Case("TIFF called .jpg", "a.jpg", lambda: saved(quadrants(8, 8), "TIFF"), "unsupported_format"),
    Case("ICO called .png", "a.png", lambda: saved(quadrants(16, 16), "ICO"), "unsupported_format"),
    Case("DDS called .jpg", "a.jpg", lambda: saved(quadrants(16, 16), "DDS"), "unsupported_format"),
    Case("JPEG 2000 called .jpg", "a.jpg", lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), "unsupported_format"),
    Case("PSD called .jpg", "a.jpg", lambda: b"8BPS\0\1" + bytes(40), "unsupported_format"),
    Case("FITS called .jpg", "a.jpg", lambda: b"SIMPLE  =                    T" + bytes(99), "unsupported_format"),
    Case("BMP", "a.bmp", lambda: photo(format="BMP"), "unsupported_format"),
    Case("AVIF", "a.avif", lambda: photo(format="AVIF"), "unsupported_format"),
    Case("HEIC", "a.heic", heic, "unsupported_format"),
    Case("HTML called .jpg", "a.jpg", lambda: HTML, "not_an_image"),
    Case("PHP called .jpg", "a.jpg", lambda: PAYLOAD, "not_an_image"),
    Case("PDF called .jpg", "a.jpg", lambda: b"%PDF-1.7\n%%EOF", "not_an_image"),
    Case("program called .png", "a.png", lambda: b"MZ\x90\0" + bytes(200), "not_an_image"),
    Case("archive called .gif", "a.gif", zip_archive, "not_an_image"),
    *[
        Case(f"called {name!r}", name, photo, "extension_not_allowed")
        for name in (
            "a.php", "a.jpg.php", "a.php.", "a.php ", "a.php\0.jpg", "a.jpg\0", "a.svg", "a.html", "a.PhP5",
            "a.jpg.\u202egpj.exe", "dir.jpg/a.phtml", "a.php::$DATA", "a.php;.jpg", "a.jpg?.php", "a.php?x.jpg",
            "a.php_large", ".htaccess",
        )
    ],
    *[
        Case(f"called {name[:20]!r}", name, photo, None)
        for name in (
            "a.php.jpg", "A.JPEG", "noextension", "../../etc/passwd.jpg", "..\\..\\web.config.png", "CON.jpg",
            "\u202egpj.jpg", "a\r\nSet-Cookie: x.jpg", "a" * 300 + ".jpg", "\udcff.jpg", "", "dir.php/photo",
            "photo.jpg?sz=50", "me.jpg_large", "avatar.jpg:large", "IMG_0001.HEIC", "photo.jpg ", "a.jpg.", "Dr. No",
            "scan.pdf", "jane@example.com", "node.js logo.jpg",
        )
    ],
]  # fmt: skip
"""Every hostile file, for the default formats and limits: JPEG, PNG, WebP and GIF up to 10 MiB."""

ORDINARY = [
    Case("JPEG", "photo.jpg", photo, None),
    Case("JPEG of a phone", "IMG_0001.JPG", lambda: photo(1200, 900, orientation=6, gps=True, icc=display_p3()), None),
    Case("PNG", "picture.png", lambda: photo(format="PNG"), None),
    Case("WebP", "picture.webp", lambda: photo(format="WEBP"), None),
    Case("GIF", "picture.gif", lambda: photo(format="GIF"), None),
    Case("animated GIF", "animation.gif", lambda: animation("GIF"), None),
    Case("CMYK JPEG", "print.jpg", adobe_cmyk, None),
    Case("16-bit PNG", "scan.png", grey16, None),
    Case("palette PNG", "logo.png", palette_with_transparency, None),
    Case("hidden picture", "logo.png", hidden_picture, None),
    Case("small", "tiny.png", lambda: photo(40, 40, format="PNG"), None),
    Case("one pixel", "pixel.gif", lambda: photo(1, 1, format="GIF"), None),
]
"""What people upload."""

COSTLY = [
    Case("progressive JPEG of 24, whole colors", "a.jpg", lambda: photo(6000, 4000, **WHOLE_COLORS), None),
    Case("PNG of 24, 16 bits, interlaced", "a.png", lambda: many_pixels(4898, 4898, depth=16, interlaced=True), None),
    Case("PNG of 24, one color transparent", "a.png", transparent_color, None),
    Case("PNG of 24, palette", "a.png", lambda: photo(image=Image.new("P", (4898, 4898)), **CLEAR_PALETTE), None),
    Case("JPEG of 12 megapixels", "a.jpg", lambda: photo(4000, 3000), None),
    Case("JPEG of 64", "a.jpg", lambda: photo(image=Image.new("RGB", (8000, 8000)), quality=30), None),
    Case("progressive JPEG of 24", "a.jpg", lambda: photo(6000, 4000, progressive=True), None),
    Case("progressive CMYK", "a.jpg", lambda: photo(image=Image.new("CMYK", (4240, 4240)), progressive=True), None),
    Case("PNG of 24", "a.png", lambda: many_pixels(4898, 4898), None),
    Case("interlaced PNG of 24", "a.png", lambda: many_pixels(4898, 4898, interlaced=True), None),
    Case("PNG of 24, 16 bits", "a.png", lambda: many_pixels(4898, 4898, depth=16), None),
    Case("PNG of 24, 16 bits of grey", "a.png", lambda: many_pixels(4898, 4898, depth=16, color=0), None),
    Case("PNG of 24, grey with alpha", "a.png", lambda: many_pixels(4898, 4898, depth=16, color=4), None),
    Case("PNG of 24, wide", "a.png", lambda: many_pixels(21_900, 1095), None),
    Case("GIF of 16", "a.gif", lambda: photo(image=Image.new("P", (4000, 4000)), format="GIF"), None),
    Case("WebP of 12", "a.webp", lambda: photo(image=Image.new("RGBA", (3535, 3535)), format="WEBP", method=0), None),
]
"""The largest of each kind that is accepted."""
