"""What the header readers accept, leave out and refuse, format by format."""

from __future__ import annotations

import io
import logging
import struct
import warnings

import pytest
from PIL import Image

from django_avatars.imaging import formats
from django_avatars.imaging.decode import held, open_image
from django_avatars.imaging.readers import read_header
from django_avatars.imaging.rejected import Rejected
from django_avatars.imaging.rejected import refusal as refusal_of
from django_avatars.imaging.spliced import Span, SplicedFile

from .. import pictures
from .making import far, made, near, pixels, refused

RED = (220, 40, 40)


def patched(data: bytes, place: int, new: bytes) -> bytes:
    """`data` with bytes replaced."""
    return data[:place] + new + data[place + len(new) :]


# The view


def test_a_view_reads_its_pieces_as_one_file() -> None:
    view = SplicedFile(io.BytesIO(b"0123456789"), [b"ab", Span(2, 5), b"", Span(8, 10)])

    assert view.read() == b"ab23489"
    assert view.read() == b""
    assert view.seek(-5, io.SEEK_END) == 2
    assert view.read(2) == b"23"
    assert view.seek(1, io.SEEK_CUR) == view.tell() == 5
    assert view.read(99) == b"89"


def test_a_closed_view_leaves_its_source_open() -> None:
    source = io.BytesIO(b"0123")

    SplicedFile(source, [Span(0, 4)]).close()

    assert source.read() == b"0123"


# JPEG


def test_fill_bytes_before_a_marker_are_skipped() -> None:
    data = pictures.photo(32, 32)

    assert far(pixels(data[:2] + b"\xff\xff\xff" + data[2:]), pixels(data)) == 0


def test_markers_without_contents_are_skipped() -> None:
    data = pictures.photo(32, 32)

    assert far(pixels(data[:2] + b"\xff\x01" + data[2:]), pixels(data)) == 0


@pytest.mark.parametrize("stray", [b"\0\1\2\3", b"\xff\0\xff\0", b"\xd8\xff\xff\xff", bytes(40_000)])
def test_bytes_between_segments_are_skipped(stray: bytes) -> None:
    first, *others = (body for _, body in pictures.jpeg_segments(pictures.photo(32, 32)))

    data = b"\xff\xd8" + first + stray + others[0] + stray + b"".join(others[1:])

    assert far(pixels(data), pixels(pictures.photo(32, 32))) == 0


def test_a_jpeg_that_is_nothing_but_stray_bytes_is_damaged() -> None:
    assert refused(b"\xff\xd8\xff" + bytes(1000)).code == "truncated"


@pytest.mark.parametrize("segment", [(0xE0, b"JFIF\0"), (0xE0, b"JFIF\0\1"), (0xEE, b"Adobe"), (0xEE, b"Adobe\0\x64")])
def test_a_segment_that_is_too_short_to_say_how_colors_are_stored_says_nothing(segment: tuple[int, bytes]) -> None:
    parts = pictures.jpeg_segments(pictures.photo(32, 32))
    others = b"".join(body for marker, body in parts if marker != 0xE0)

    data = b"\xff\xd8" + pictures.jpeg_segment(*segment) + others

    assert far(pixels(data), pixels(pictures.photo(32, 32))) == 0


@pytest.mark.parametrize(("place", "value", "given"), [(0, 12, "JPEG (12 bits)"), (5, 2, "JPEG (2 channels)")])
def test_a_jpeg_that_no_decoder_can_do_is_another_format(place: int, value: int, given: str) -> None:
    data = pictures.photo(32, 32)
    start = data.index(pictures.frame_header(data)) + 4

    refusal = refused(patched(data, start + place, bytes([value])))

    assert refusal.code == "unsupported_format"
    assert refusal.params["given"] == given


def test_a_jpeg_that_ends_before_its_first_scan_is_damaged() -> None:
    assert refused(b"\xff\xd8\xff\xd9").code == "truncated"


def test_a_jpeg_without_a_frame_is_damaged() -> None:
    parts = [body for marker, body in pictures.jpeg_segments(pictures.photo()) if marker != 0xC0]

    assert refused(b"\xff\xd8" + b"".join(parts)).code == "truncated"


@pytest.mark.parametrize("body", [b"", b"\x08\0\x10\0\x10\x03"])
def test_a_frame_that_is_too_short_is_damaged(body: bytes) -> None:
    assert refused(pictures.after_soi(pictures.photo(), pictures.jpeg_segment(0xC0, body))).code == "truncated"


def test_a_lossless_jpeg_is_another_format() -> None:
    data = pictures.photo()

    refusal = refused(patched(data, data.index(b"\xff\xc0"), b"\xff\xc3"))

    assert refusal.code == "unsupported_format"
    assert refusal.params == {"given": "JPEG (lossless or arithmetic)", "formats": "JPEG, PNG, WebP or GIF"}


def test_a_progressive_jpeg_that_stops_between_scans_is_truncated() -> None:
    parts = [body for _, body in pictures.jpeg_segments(pictures.photo(progressive=True))]

    assert refused(b"\xff\xd8" + b"".join(parts[:-4])).code == "truncated"


def test_a_marker_between_two_blocks_is_found() -> None:
    parts = pictures.jpeg_segments(pictures.scan_bomb(64, 64, 66))
    first = [marker for marker, _ in parts].index(0xDA)
    body = parts[first][1]
    parts[first] = (0xDA, body + b"\x80" * (16 * 1024 - 1 - len(body) % (16 * 1024)))

    assert refused(b"\xff\xd8" + b"".join(body for _, body in parts)).code == "too_complex"


def test_endless_segments_between_scans_are_too_complex() -> None:
    data = pictures.photo(16, 16, progressive=True)

    assert refused(data[:-2] + pictures.jpeg_segment(0xFE, b"") * 1001 + data[-2:]).code == "too_complex"


def test_the_second_picture_of_an_mpo_is_not_seen() -> None:
    data = pictures.mpo()

    assert b"MPF\0" in data
    assert Image.open(io.BytesIO(data)).format == "MPO"
    assert far(pixels(data), pixels(pictures.photo(320, 240))) < 1


# PNG


def test_a_png_begins_with_its_header() -> None:
    assert refused(pictures.png((b"IDAT", b"x"), (b"IEND", b""))).code == "truncated"


def test_a_png_without_pixels_is_damaged() -> None:
    assert refused(pictures.png(pictures.png_header(9, 9), (b"IEND", b""))).code == "truncated"


def test_a_palette_behind_the_pixels_is_left_out() -> None:
    data = pictures.photo(32, 32, format="PNG")

    late = pictures.png_with(data, (b"PLTE", bytes(9)), before=b"IEND")

    assert far(pixels(late), pixels(data)) == 0


def test_only_the_first_of_two_orientations_counts() -> None:
    upright = pictures.quadrants(64, 64)
    data = pictures.png_with(pictures.saved(upright), (b"eXIf", pictures.exif(1)[6:]), (b"eXIf", pictures.exif(6)[6:]))

    assert far(pixels(data), upright) == 0


@pytest.mark.parametrize("format", ["PNG", "GIF", "WEBP"])
def test_an_animation_becomes_its_first_frame(format: str) -> None:
    data = pictures.animation(format)

    assert Image.open(io.BytesIO(data)).n_frames > 1  # type: ignore[attr-defined]
    assert near(pixels(data).getpixel((32, 32)), RED, 4)


# GIF


def test_transparency_of_the_first_frame_is_kept() -> None:
    image = Image.new("P", (32, 32), 1)
    image.putpalette([0, 0, 0, *RED])
    image.paste(0, (0, 0, 16, 32))

    got = pixels(pictures.saved(image, "GIF", transparency=0, comment=b"x" * 300))

    assert near(got.getpixel((4, 16)), (255, 255, 255))
    assert near(got.getpixel((28, 16)), RED)


def test_a_gif_without_a_frame_is_damaged() -> None:
    assert refused(b"GIF89a\x01\0\x01\0\0\0\0;").code == "truncated"


# WebP


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"icc_profile": pictures.srgb_profile()}])
def test_every_kind_of_webp_is_read(options: dict[str, object]) -> None:
    for mode in ("RGB", "RGBA"):
        data = pictures.saved(pictures.quadrants(64, 64, mode), "WEBP", **options)

        assert near(pixels(data).getpixel((8, 8)), RED, 6)


def test_transparency_of_a_webp_is_kept() -> None:
    data = pictures.saved(Image.new("RGBA", (64, 64), (10, 20, 30, 0)), "WEBP", quality=50)

    assert pixels(data, background=None).getpixel((9, 9)) == (0, 0, 0, 0)


@pytest.mark.parametrize("side", [1, 2, 3])
@pytest.mark.parametrize("lossless", [True, False])
def test_a_tiny_webp_is_read(side: int, lossless: bool) -> None:
    data = pictures.photo(format="WEBP", image=Image.new("RGB", (side, side), RED), lossless=lossless)

    assert near(pixels(data).getpixel((0, 0)), RED, 3)


@pytest.mark.parametrize("counted", [0, 1])
def test_the_last_chunk_of_a_webp_may_lack_its_padding(counted: int) -> None:
    ((kind, body),) = pictures.riff_chunks(
        pictures.photo(format="WEBP", image=Image.new("RGB", (1, 1), RED), lossless=True)
    )
    body = body if len(body) % 2 else body + b"\0"
    data = b"WEBP" + kind + struct.pack("<I", len(body)) + body

    assert near(pixels(b"RIFF" + struct.pack("<I", len(data) + counted) + data).getpixel((0, 0)), RED, 3)


def test_a_webp_may_lack_nothing_but_padding() -> None:
    data = pictures.photo(format="WEBP")
    padded = pictures.riff((b"VP8 ", pictures.riff_chunks(data)[0][1] + b"\0"))

    assert len(padded) == len(data) + 2
    assert refused(data[:-1]).code == "truncated"
    assert refused(padded[:-2]).code == "truncated"


def test_a_webp_of_too_few_bytes_is_damaged() -> None:
    for kind in (b"VP8 ", b"VP8L"):
        assert refused(pictures.riff((kind, b"\x2f\0\0\0"))).code == "truncated"


def test_a_webp_without_pixels_is_damaged() -> None:
    assert refused(pictures.riff((b"EXIF", b""))).code == "truncated"


def test_a_webp_chunk_longer_than_the_file_is_damaged() -> None:
    data = pictures.photo(format="WEBP")

    assert refused(patched(data, 16, b"\xff\xff\xff\0")).code == "truncated"


def test_a_webp_without_a_key_frame_is_damaged() -> None:
    data = pictures.photo(format="WEBP", quality=50)

    assert data[12:16] == b"VP8 "
    assert refused(patched(data, 23, b"xxx")).code == "truncated"


# BMP


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_bmp_is_read_on_request(mode: str) -> None:
    data = pictures.saved(pictures.quadrants(64, 64, mode), "BMP")

    assert made(data, name="a.bmp", input_formats=("BMP",)).sizes == (64,)


def test_an_os2_bmp_is_read() -> None:
    header = b"BM" + struct.pack("<IHHI", 26 + 4 * 4 * 3, 0, 0, 26) + struct.pack("<IHHHH", 12, 4, 4, 1, 24)

    assert near(pixels(header + bytes(RED[::-1]) * 16, input_formats=("BMP",)).getpixel((1, 1)), RED)


def test_a_bmp_of_os2_may_leave_out_what_is_zero() -> None:
    plain = pictures.saved(Image.linear_gradient("L"), "BMP")
    short = plain[:10] + struct.pack("<II", 14 + 16 + 1024, 16) + plain[18:30] + plain[54:]

    got = pixels(short, input_formats=("BMP",))

    assert got.tobytes() == pixels(plain, input_formats=("BMP",)).tobytes()
    assert refused(short[:29], input_formats=("BMP",)).code == "truncated"


def test_a_bmp_may_begin_at_its_top() -> None:
    upright = pictures.quadrants(64, 64)
    data = pictures.saved(upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM), "BMP")

    assert far(pixels(patched(data, 22, struct.pack("<i", -64)), input_formats=("BMP",)), upright) == 0


def test_a_palette_of_a_bmp_may_have_more_colors_than_its_pixels_can_name() -> None:
    plain = pictures.saved(Image.linear_gradient("L"), "BMP")
    start = int.from_bytes(plain[10:14], "little")
    longer = patched(plain[:start] + bytes(4 * 44) + plain[start:], 10, struct.pack("<I", start + 4 * 44))

    assert (
        pixels(patched(longer, 46, struct.pack("<I", 300)), input_formats=("BMP",)).tobytes()
        == pixels(plain, input_formats=("BMP",)).tobytes()
    )


def test_a_compressed_bmp_is_another_format() -> None:
    refusal = refused(pictures.compressed_bmp(), input_formats=("JPEG", "BMP"))

    assert refusal.code == "unsupported_format"
    assert refusal.params == {"given": "Compressed BMP", "formats": "JPEG or BMP"}


def bmp(size: int, depth: int, compression: int, masks: bytes = b"") -> bytes:
    """A BMP of 4 by 4 pixels whose bits are all set."""
    header = struct.pack("<IiiHHIIiiII", size, 4, 4, 1, depth, compression, 0, 0, 0, 0, 0)
    head = header + masks.ljust(size - 40, b"\0")
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 14 + len(head)) + head + b"\xff" * 64


@pytest.mark.parametrize(
    ("depth", "masks"),
    [(16, (0xF800, 0x7E0, 0x1F)), (24, (0xFF0000, 0xFF00, 0xFF)), (32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000))],
)
@pytest.mark.parametrize("size", [40, 56, 124])
def test_bit_fields_that_a_decoder_can_do_are_read(size: int, depth: int, masks: tuple[int, ...]) -> None:
    masks = masks if size > 40 else masks[:3]
    data = bmp(size, depth, 3, struct.pack(f"<{len(masks)}I", *masks))

    assert near(pixels(data, input_formats=("BMP",)).getpixel((1, 1)), (255, 255, 255), 0)


@pytest.mark.parametrize(
    "data",
    [
        bmp(124, 16, 3, struct.pack("<3I", 0xF00, 0xF0, 0xF)),
        bmp(56, 32, 3, struct.pack("<4I", 0x3FF00000, 0xFFC00, 0x3FF, 0)),
        bmp(56, 8, 3, struct.pack("<4I", 1, 2, 4, 0)),
        bmp(56, 16, 3, struct.pack("<4I", 0x7C00, 0x3E0, 0x1F, 0x8000)),
        bmp(108, 16, 0, struct.pack("<4I", 0x7C00, 0x3E0, 0x1F, 0x8000)),
        bmp(108, 32, 0, struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xF0000000)),
        bmp(40, 2, 0),
        bmp(40, 24, 4),
        bmp(48, 24, 0),
        bmp(16, 2, 0),
    ],
    ids=[
        "four bits", "ten bits", "palette", "alpha of one bit", "without bit fields", "alpha of four bits", "depth",
        "JPEG inside", "header", "depth in a short header",
    ],
)  # fmt: skip
def test_a_bmp_that_no_decoder_can_do_is_another_format(data: bytes) -> None:
    assert refused(data, input_formats=("BMP",)).code == "unsupported_format"


@pytest.mark.parametrize(
    ("size", "compression", "mask", "shown"),
    [
        (108, 0, 0xFF000000, (227, 147, 147)),
        (124, 0, 0xFF000000, (227, 147, 147)),
        (56, 3, 0xFF000000, (227, 147, 147)),
        (124, 3, 0xFF000000, (227, 147, 147)),
        (56, 0, 0xFF000000, (200, 40, 40)),
        (108, 0, 0, (200, 40, 40)),
        (124, 3, 0, (200, 40, 40)),
    ],
)
def test_alpha_of_a_bmp_counts_where_browsers_look_at_it(
    size: int, compression: int, mask: int, shown: tuple[int, ...]
) -> None:
    colors = (0xFF0000, 0xFF00, 0xFF) if compression else (0, 0, 0)
    head = bmp(size, 32, compression, struct.pack("<4I", *colors, mask))[:-64]

    assert near(pixels(head + bytes((40, 40, 200, 128)) * 16, input_formats=("BMP",)).getpixel((1, 1)), shown, 1)


def test_an_alpha_beyond_the_bits_of_a_pixel_is_none() -> None:
    data = bmp(108, 24, 0, struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000))

    assert near(pixels(data, input_formats=("BMP",)).getpixel((1, 1)), (255, 255, 255), 0)


@pytest.mark.parametrize(
    ("says", "more", "used"),
    [(b"DEBM", 0, True), (b"KNIL", 0, False), (b"DEBM", 1, False), (b"DEBM", 2**32 - 400, False)],
    ids=["embedded", "in another file", "longer than the file", "larger than any"],
)
def test_the_color_profile_of_a_bmp_is_used_where_it_is_in_the_file(says: bytes, more: int, used: bool) -> None:
    profile = pictures.rotated_primaries()
    fields = bytes(16) + says + bytes(52) + struct.pack("<III", 124 + 64, (len(profile) + more) % 2**32, 0)
    red = bmp(124, 32, 0, fields)[:-64] + bytes((30, 30, 200, 0)) * 16

    color = pixels(red + profile, input_formats=("BMP",)).getpixel((1, 1))

    assert near(color, (200, 30, 30)) is not used


def test_a_bmp_without_a_known_header_is_damaged() -> None:
    assert refused(b"BM" + bytes(99), input_formats=("BMP",)).code == "truncated"


def test_a_bmp_flood_is_refused() -> None:
    assert refused(pictures.bmp_flood(), input_formats=("BMP",)).code == "too_many_pixels"


# AVIF and HEIC


def avif(**options: object) -> bytes:
    return pictures.photo(64, 48, format="AVIF", **options)  # type: ignore[arg-type]


def avif_refused(data: bytes) -> str:
    return refused(data, input_formats=("AVIF",)).code


def test_avif_is_read_on_request() -> None:
    data = avif(gps=True)

    assert made(data, name="a.avif", input_formats=("AVIF",)).sizes == (48,)


def test_a_profile_of_an_avif_is_used() -> None:
    image = Image.new("RGB", (64, 64), (200, 30, 30))

    data = pictures.photo(format="AVIF", image=image, icc=pictures.rotated_primaries())

    assert pixels(data, input_formats=("AVIF",)).getpixel((32, 32))[1] > 180  # type: ignore[index]


def test_exif_of_an_avif_is_not_read(caplog: pytest.LogCaptureFixture) -> None:
    tags = [(0x9000 + tag % 4000, 2, 1000, b"\xff\xff\xff\xff") for tag in range(3000)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = avif(exif=b"Exif\0\0" + pictures.tiff(tags, more=bytes(99)))
    caplog.clear()

    with caplog.at_level(logging.INFO):
        assert made(data, input_formats=("AVIF",)).sizes == (48,)

    assert not caplog.records


def test_an_avif_flood_is_refused() -> None:
    data = avif()

    flood = patched(data, data.index(b"ispe") + 8, struct.pack(">II", 30_000, 30_000))

    assert avif_refused(flood) == "too_many_pixels"


def test_an_avif_without_dimensions_is_damaged() -> None:
    assert avif_refused(avif().replace(b"ispe", b"free")) == "truncated"


def test_boxes_that_do_not_fit_are_damaged() -> None:
    data = avif()
    ftyp = int.from_bytes(data[:4])

    assert avif_refused(data[:ftyp] + struct.pack(">I4s", 4, b"free")) == "truncated"
    assert avif_refused(data[:ftyp] + struct.pack(">I4s", 99, b"free")) == "truncated"
    assert avif_refused(data[: ftyp + 99]) == "truncated"
    assert avif_refused(patched(data, data.index(b"iprp") - 4, b"\xff")) == "truncated"


def test_a_huge_description_is_too_complex() -> None:
    data = avif()
    ftyp = int.from_bytes(data[:4])

    assert avif_refused(data[:ftyp] + struct.pack(">I4s", 1 << 21, b"meta") + bytes(1 << 21)) == "too_complex"
    assert avif_refused(data[:ftyp] + struct.pack(">I4s", 8, b"free") * 20_001) == "too_complex"


def test_a_second_description_is_damaged() -> None:
    data = avif()

    assert avif_refused(data + struct.pack(">I4s", 12, b"meta") + bytes(4)) == "truncated"


def test_a_box_may_reach_to_the_end() -> None:
    data = avif()
    ftyp = int.from_bytes(data[:4])
    meta = int.from_bytes(data[ftyp : ftyp + 4])

    assert avif_refused(data[:ftyp] + bytes(4) + data[ftyp + 4 : ftyp + meta]) == "truncated"
    assert made(data[: ftyp + meta] + bytes(4) + data[ftyp + meta + 4 :], input_formats=("AVIF",)).sizes == (48,)


def test_heic_says_which_files_to_choose_where_it_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "heif_is_installed", lambda: False)

    refusal = refused(pictures.heic(), name="IMG_0001.HEIC", input_formats=("JPEG", "PNG", "HEIC"))

    assert refusal.code == "unsupported_format"
    assert refusal.params == {"given": "HEIC", "formats": "JPEG or PNG"}


def test_a_broken_heic_is_refused_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "heif_is_installed", lambda: True)

    assert refused(pictures.heic()[:-4], input_formats=("HEIC", "JPEG")).code == "truncated"


def test_the_first_box_of_an_avif_may_have_a_size_of_64_bits() -> None:
    data = avif()
    size = int.from_bytes(data[:4])
    wide = struct.pack(">I4sQ", 1, b"ftyp", size) + data[8 : size - 8] + data[size:]  # and two brands fewer

    assert made(wide, input_formats=("AVIF",)).sizes == made(data, input_formats=("AVIF",)).sizes


@pytest.mark.parametrize(
    "behind", [b"\n", b"SEFT of a phone", b"\0\0\0\x20mda", b"\xff\xff\xff\xfffree", avif(), avif() + b"\0"]
)
def test_what_stands_behind_an_avif_is_not_looked_at(behind: bytes) -> None:
    data = avif()

    assert made(data + behind, input_formats=("AVIF",)).renditions == made(data, input_formats=("AVIF",)).renditions


@pytest.mark.parametrize("format", ["AVIF", "HEIC"])
def test_a_film_without_a_picture_is_another_format(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "heif_is_installed", lambda: True)
    data = avif()
    film = data[: int.from_bytes(data[:4])].replace(b"avif", b"heic" if format == "HEIC" else b"avis")

    refusal = refused(film + struct.pack(">I4s", 8, b"moov"), input_formats=(format,))

    assert (refusal.code, refusal.params["given"]) == ("unsupported_format", f"{format} (film)")


def test_a_picture_that_is_coded_in_another_way_is_another_format() -> None:
    refusal = refused(avif().replace(b"av01", b"unci"), input_formats=("AVIF",))

    assert (refusal.code, refusal.params["given"]) == ("unsupported_format", "HEIF")


def test_a_picture_that_reaches_up_to_the_end_of_the_file_is_another_format() -> None:
    data = avif()
    place = data.index(b"iloc") + 22  # of the size of its only piece
    assert 0 < int.from_bytes(data[place : place + 4]) < len(data)

    refusal = refused(data[:place] + bytes(4) + data[place + 4 :], input_formats=("AVIF",))

    assert (refusal.code, refusal.params["given"]) == ("unsupported_format", "HEIF")


def test_only_parts_that_are_seen_have_to_be_in_the_file() -> None:
    exif_block = pictures.tiff([(0x0131, 2, 4, b"abc\0")])
    data = pictures.saved(Image.new("RGB", (96, 64), RED), "AVIF", exif=exif_block)
    picture, exif = (data.index(b"iloc") + 12 + 14 * item + 10 for item in (0, 1))  # where the sizes of both are

    assert near(pixels(patched(data, exif, b"\1\0\0\0"), input_formats=("AVIF",)).getpixel((9, 9)), RED, 3)
    assert refused(patched(data, picture, b"\1\0\0\0"), input_formats=("AVIF",)).code == "truncated"


def test_what_is_beyond_a_decoder_is_another_format() -> None:
    data = avif()
    place = data.index(b"colrnclx") + 12
    of_constant_light = data[:place] + b"\0\x0a" + data[place + 2 :]

    refusal = refused(of_constant_light, input_formats=("AVIF",))

    assert (refusal.code, refusal.params["given"]) == ("unsupported_format", "HEIF")


def test_what_is_beyond_the_limits_of_a_decoder_is_too_complex() -> None:
    assert refusal_of(ValueError("Security limit exceeded: Number of extents in iloc box")).code == "too_complex"


def test_of_auxiliary_pictures_only_alpha_is_decoded_however_the_others_are_coded() -> None:
    data = pictures.saved(Image.new("RGBA", (64, 48), (200, 30, 30, 128)), "AVIF", quality=100)
    second = data.index(b"av01", data.index(b"av01") + 1)

    def shown(file: bytes) -> object:
        return pixels(file, input_formats=("AVIF",)).getpixel((9, 9))

    depths = data.replace(b":auxiliary:alpha", b":auxiliary:depth")

    assert near(shown(data), (227, 142, 142), 2)
    assert near(shown(depths), (200, 30, 30))
    assert near(shown(patched(depths, second, b"jpeg")), (200, 30, 30))
    assert avif_refused(patched(data, second, b"jpeg")) == "unsupported_format"


@pytest.mark.parametrize(
    ("aperture", "shown"),
    [
        ((64, 1, 64, 1, -16, 1, 0, 1), (64, 64)),
        ((128, 2, 64, 1, -32, 2, 0, 5), (64, 64)),
        ((96, 1, 64, 1, 0, 1, 0, 1), (96, 64)),
        ((64, 1, 64, 1, 16, 1, 0, 1), (96, 64)),
        ((64, 1, 64, 1, 0, 1, 0, 1), (96, 64)),
        ((97, 1, 64, 1, 1, 2, 0, 1), (96, 64)),
        ((63, 2, 64, 1, -129, 4, 0, 1), (96, 64)),
        ((64, 0, 64, 1, -16, 1, 0, 1), (96, 64)),
    ],
    ids=["in the corner", "in fractions", "all", "right", "middle", "too wide", "half a pixel", "by zero"],
)
def test_an_avif_may_show_a_part_of_what_it_stores(aperture: tuple[int, ...], shown: tuple[int, int]) -> None:
    whole = pictures.quadrants(96, 64)
    data = pictures.saved(whole, "AVIF", quality=100, subsampling="4:4:4")
    numbers = struct.pack(f">{len(aperture)}i", *aperture)

    got = pixels(pictures.with_property(data, b"clap", numbers), input_formats=("AVIF",))

    left = (shown[0] - 64) // 2
    assert far(got, whole.crop((left, 0, left + 64, 64))) < 2


def test_the_part_that_an_avif_shows_is_what_limits_count() -> None:
    data = pictures.saved(pictures.quadrants(96, 64), "AVIF")
    part = pictures.with_property(data, b"clap", struct.pack(">8i", 32, 1, 32, 1, -32, 1, -16, 1))
    found = open_image(read_header("AVIF", io.BytesIO(part), len(part)))[1]

    assert (found.width, found.height) == (32, 32)
    assert held(found, 1) > held(open_image(read_header("AVIF", io.BytesIO(data), len(data)))[1], 1)
    assert refused(part, input_formats=("AVIF",), min_size=33).code == "too_small"


def test_pixels_in_a_box_of_64_bits_are_found() -> None:
    data = avif()

    assert (
        far(pixels(pictures.with_large_boxes(data), input_formats=("AVIF",)), pixels(data, input_formats=("AVIF",)))
        == 0
    )


def test_a_file_of_general_images_is_not_taken_for_avif_or_heic() -> None:
    refusal = refused(pictures.heic(b"mif1")[:24], input_formats=("AVIF", "JPEG"))

    assert (refusal.code, refusal.params["given"]) == ("unsupported_format", "HEIF")


# The refusal


def test_a_refusal_says_why_and_names_nothing_of_the_file() -> None:
    refusal = refused(pictures.SVG, name="secret.svg")

    assert refusal.code == "unsupported_format"
    assert refusal.params == {"given": "SVG", "formats": "JPEG, PNG, WebP or GIF"}
    assert str(Rejected("empty")) == "('empty', {})"


def test_a_page_that_holds_an_svg_is_a_page() -> None:
    assert refused(pictures.HTML).code == "not_an_image"
    assert refused(b"<!-- a --><html><svg></svg></html>").code == "not_an_image"
    assert refused(b"<!-- a --><svg></svg>").code == "unsupported_format"


@pytest.mark.parametrize(("format", "mark"), [("WEBP", b"ANMF"), ("PNG", b"fdAT")])
def test_frames_behind_the_first_are_kept_from_the_decoder(format: str, mark: bytes) -> None:
    data = pictures.animation(format, 5)

    kept = read_header(format, io.BytesIO(data), len(data)).view.read()

    assert data.count(mark) >= 2
    assert kept.count(mark) == (1 if format == "WEBP" else 0)


@pytest.mark.parametrize(
    ("head", "given"),
    [
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x14ftypmif1\0\0\0\0avif", "AVIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0miafheic", "HEIC"),
        (b"\0\0\0\x10ftypavis\0\0\0\0", "AVIF"),
        (b"\0\0\0\x14ftypmif1\0\0\0\0mif1avif", "HEIF"),
        (b"\0\0\0\x14ftypmif1avifmiaf", "HEIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0..avif..", "HEIF"),
        *[(b"P%d\n" % kind, "PNM") for kind in range(1, 7)],
        (b"P0\n", ""),
        (b"P7\n", ""),
    ],
)
def test_what_a_file_is_called_follows_from_its_first_box_or_letters(head: bytes, given: str) -> None:
    refusal = refused(head.ljust(200, b"\0"))

    assert (refusal.code, refusal.params.get("given", "")) == ("unsupported_format" if given else "not_an_image", given)
