"""Colors come out as sRGB, whatever they were stored as."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms

from django_avatars.imaging import spaces
from django_avatars.imaging.color import simple
from django_avatars.imaging.heif.items import MAX_META

from .. import pictures
from ..pictures import moving
from ..timing import within
from .making import made, near, pixels, refused

MIDDLE = (32, 32)


def png(image: Image.Image, **options: object) -> bytes:
    return pictures.saved(image, "PNG", **options)


def test_a_profile_is_converted() -> None:
    red = Image.new("RGB", (64, 64), (200, 30, 30))

    without = pixels(png(red)).getpixel(MIDDLE)
    swapped = pixels(png(red, icc_profile=pictures.rotated_primaries())).getpixel(MIDDLE)

    assert near(without, (200, 30, 30))
    assert swapped[1] > 180  # type: ignore[index]
    assert swapped[0] < 80  # type: ignore[index]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_wide_gamut_is_converted_from_every_format(format: str) -> None:
    image = Image.new("RGB", (64, 64), (180, 60, 60))

    data = pictures.photo(format=format, image=image, icc=pictures.display_p3(), quality=98)

    # By hand: decode with gamma 2.2, multiply with the matrix from P3 to sRGB, encode with sRGB's curve.
    assert near(pixels(data).getpixel(MIDDLE), (197, 42, 51), 4)


def test_the_profile_of_srgb_changes_nothing() -> None:
    image = Image.new("RGB", (64, 64), (180, 60, 60))

    assert near(pixels(png(image, icc_profile=pictures.srgb_profile())).getpixel(MIDDLE), (180, 60, 60), 1)


@pytest.mark.parametrize(
    "profile", [b"no profile", pictures.srgb_profile()[:200], bytes(4000)], ids=["text", "cut", "zeros"]
)
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    image = Image.new("RGB", (64, 64), (180, 60, 60))

    assert near(pixels(png(image, icc_profile=profile)).getpixel(MIDDLE), (180, 60, 60), 1)


def test_a_profile_of_other_inks_is_ignored() -> None:
    grey = Image.new("L", (64, 64), 90)

    assert near(pixels(png(grey, icc_profile=pictures.display_p3())).getpixel(MIDDLE), (90, 90, 90), 1)


def test_a_profile_that_does_not_inflate_is_ignored() -> None:
    data = pictures.png_with(png(Image.new("RGB", (64, 64), (180, 60, 60))), (b"iCCP", b"x\0\0broken"))

    assert near(pixels(data).getpixel(MIDDLE), (180, 60, 60), 1)


def test_a_profile_larger_than_four_megabytes_is_ignored() -> None:
    image = Image.new("RGB", (64, 64), (200, 30, 30))
    large = pictures.rotated_primaries() + bytes(4 * 1024 * 1024)

    for format in ("JPEG", "WEBP"):
        data = pictures.photo(format=format, image=image, icc=large)
        assert near(pixels(data).getpixel(MIDDLE), (200, 30, 30), 6)


def test_a_profile_in_several_segments_is_put_together() -> None:
    image = Image.new("RGB", (64, 64), (200, 30, 30))
    large = pictures.rotated_primaries() + bytes(200_000)

    assert pixels(pictures.photo(image=image, icc=large)).getpixel(MIDDLE)[1] > 180  # type: ignore[index]


def test_print_colors_that_adobe_inverts_come_out_right() -> None:
    assert near(pixels(pictures.adobe_cmyk()).getpixel(MIDDLE), (255, 0, 0), 6)


@pytest.mark.parametrize("size", [10_000, 2_700_000, 4 * 1024 * 1024])
def test_a_profile_of_a_press_is_converted_however_large_it_is(size: int) -> None:
    red = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    data = pictures.saved(red, "JPEG", quality=95, icc_profile=pictures.print_profile(size))

    assert is_blue(within(0.5, lambda: pixels(data)))


def test_black_ink_is_mixed_of_the_others_before_a_profile_is_asked_as_in_browsers() -> None:
    black = Image.new("CMYK", (64, 64), (0, 0, 0, 255))

    mixed, alone = (
        pixels(pictures.saved(black, "JPEG", quality=95, icc_profile=pictures.print_profile(10_000, inks)))
        for inks in ((1, 1, 1, 0), (0, 0, 0, 1))
    )

    assert is_blue(mixed)
    assert near(alone.getpixel(MIDDLE), (255, 255, 255))


@pytest.mark.parametrize(("first", "second"), [((0, 1, 1, 0), (1, 0, 0, 0)), ((1, 0, 0, 0), (0, 1, 1, 0))])
def test_of_several_tables_the_first_is_taken_as_in_browsers(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    profile = pictures.with_tags(pictures.print_profile(10_000, first), [(b"A2B1", pictures.print_table(second))])
    cyan = Image.new("CMYK", (64, 64), (255, 0, 0, 0))

    picture = pixels(pictures.saved(cyan, "JPEG", quality=95, icc_profile=profile))

    assert is_blue(picture) == (first == (1, 0, 0, 0))


def is_blue(image: Image.Image) -> bool:
    """Whether it is the color that `pictures.print_profile` has for a mixture."""
    red, _, blue = image.getpixel(MIDDLE)  # type: ignore[misc]
    return blue > 150 > 120 > red


def test_sixteen_bits_of_grey_are_scaled_not_clipped() -> None:
    assert near(pixels(pictures.grey16()).getpixel(MIDDLE), (100, 100, 100), 1)


def test_sixteen_bits_of_color_are_read() -> None:
    row = b"\0" + b"\x80\x00\x40\x00\x20\x00" * 8
    pixel_data = zlib.compress(row * 8)
    data = pictures.png(pictures.png_header(8, 8, depth=16), (b"IDAT", pixel_data), (b"IEND", b""))

    assert near(pixels(data).getpixel((4, 4)), (128, 64, 32), 1)


@pytest.mark.parametrize(
    ("mode", "color", "wanted"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 90, (90, 90, 90)),
        ("LA", (90, 255), (90, 90, 90)),
        ("RGB", (10, 90, 170), (10, 90, 170)),
        ("RGBA", (10, 90, 170, 255), (10, 90, 170)),
        ("RGBA", (0, 0, 0, 0), (255, 255, 255)),
        ("RGBA", (10, 90, 170, 128), (132, 172, 212)),
        ("LA", (90, 0), (255, 255, 255)),
    ],
)
@pytest.mark.parametrize("side", [64, 1700])
def test_every_kind_of_png_is_read(mode: str, color: object, wanted: tuple[int, int, int], side: int) -> None:
    image = Image.new(mode, (side, side), color)  # type: ignore[arg-type]

    got = pixels(png(image))

    assert got.mode == "RGB"
    assert near(got.getpixel(MIDDLE), wanted, 1)


def test_a_palette_is_resolved() -> None:
    image = pictures.quadrants(1700, 1700).quantize(4)

    assert near(pixels(png(image)).getpixel((9, 9)), pictures.QUADRANTS[0])


def test_transparent_palette_entries_are_transparent() -> None:
    got = pixels(pictures.palette_with_transparency())

    assert near(got.getpixel((9, 32)), (255, 255, 255), 1)
    assert near(got.getpixel((55, 32)), (40, 70, 200), 1)


def test_a_transparent_color_of_a_plain_png_is_transparent() -> None:
    image = Image.new("RGB", (64, 64), (255, 0, 0))

    assert near(pixels(png(image, transparency=(255, 0, 0))).getpixel(MIDDLE), (255, 255, 255), 1)


def keyed(depth: int, color: int, key: tuple[int, ...], others: tuple[int, ...]) -> bytes:
    """A PNG of 8 by 8 pixels; those of its left half have the color that its tRNS chunk names."""
    bits = "".join(f"{level:0{depth}b}" for level in key * 4 + others * 4)
    rows = zlib.compress((b"\0" + int(bits, 2).to_bytes(len(bits) // 8)) * 8)
    header = pictures.png_header(8, 8, depth=depth, color=color)
    return pictures.png(header, (b"tRNS", struct.pack(f">{len(key)}H", *key)), (b"IDAT", rows), (b"IEND", b""))


@pytest.mark.parametrize(
    ("depth", "color", "key", "others"),
    [
        (1, 0, (0,), (1,)),
        (2, 0, (2,), (1,)),
        (4, 0, (9,), (3,)),
        (8, 0, (90,), (91,)),
        (16, 0, (0x1234,), (0x1235,)),
        (8, 2, (10, 20, 30), (10, 20, 31)),
        (16, 2, (0x1234, 0x5678, 0x9ABC), (0x1234, 0x5678, 0x9BBC)),
    ],
)
def test_one_color_may_be_transparent_in_every_depth(
    depth: int, color: int, key: tuple[int, ...], others: tuple[int, ...]
) -> None:
    got = pixels(keyed(depth, color, key, others), background=None)

    assert got.getpixel((1, 4)) == (0, 0, 0, 0)
    assert got.getpixel((6, 4))[3] == 255  # type: ignore[index]
    as_stored = [level >> 8 if depth == 16 else level * 255 // (2**depth - 1) for level in others]
    assert near(got.getpixel((6, 4))[:3], tuple(as_stored * (3 // len(as_stored))), 1)  # type: ignore[index]


@pytest.mark.parametrize(("color", "chunk"), [(0, bytes(4)), (2, bytes(8))])
def test_a_transparent_color_of_sixteen_bits_has_no_bytes_to_spare(color: int, chunk: bytes) -> None:
    def transparent(depth: int, chunk: bytes) -> bool:
        rows = zlib.compress((b"\0" + bytes(depth // 8 * 8 * (1 + color))) * 8)
        header = pictures.png_header(8, 8, depth=depth, color=color)
        data = pictures.png(header, (b"tRNS", chunk), (b"IDAT", rows), (b"IEND", b""))
        return pixels(data, background=None).mode == "RGBA"

    assert [transparent(16, chunk), transparent(16, chunk[:-2]), transparent(8, chunk)] == [False, True, True]


@pytest.mark.parametrize("chunk", [b"", b"\0", b"\0\1\0\2"])
def test_a_transparent_color_that_is_none_is_ignored(chunk: bytes) -> None:
    for color in (0, 2):
        rows = zlib.compress((b"\0" + bytes(8 * (1 + color))) * 8)
        data = pictures.png(pictures.png_header(8, 8, color=color), (b"tRNS", chunk), (b"IDAT", rows), (b"IEND", b""))
        assert pixels(data, background=None).mode == "RGB"


def test_transparency_of_a_palette_counts_behind_the_palette_alone() -> None:
    rows, palette, alpha = zlib.compress((b"\0" + bytes(8)) * 8), (b"PLTE", bytes(3)), (b"tRNS", b"\0")

    def png(*chunks: tuple[bytes, bytes]) -> bytes:
        return pictures.png(pictures.png_header(8, 8, color=3), *chunks, (b"IDAT", rows), (b"IEND", b""))

    assert pixels(png(palette, alpha), background=None).mode == "RGBA"
    assert pixels(png(alpha, palette), background=None).mode == "RGB"
    assert refused(png(alpha)).code == "truncated"


@pytest.mark.parametrize("count", [0, 1 << 31])
def test_an_animation_of_no_frames_or_of_more_than_a_png_can_count_is_none(count: int) -> None:
    chunks = pictures.png_chunks(pictures.apng_beside())
    none = pictures.png(chunks[0], (b"acTL", struct.pack(">II", count, 0)), *chunks[2:])

    assert near(pixels(none).getpixel(MIDDLE), (255, 0, 0))


def test_a_still_picture_is_the_first_frame_wherever_the_animation_is_announced_before_it() -> None:
    head, announced, control, *rest = pictures.png_chunks(pictures.apng_beside(control=True))

    assert near(pixels(pictures.png(head, control, announced, *rest)).getpixel(MIDDLE), (255, 0, 0))


def test_a_frame_without_pixels_does_not_count() -> None:
    chunks = pictures.png_chunks(pictures.apng_beside())

    assert near(pixels(pictures.png(*chunks[:3], chunks[3], *chunks[3:])).getpixel(MIDDLE), (0, 255, 0))


def test_a_gif_smaller_than_its_canvas_is_transparent_around() -> None:
    got = pixels(pictures.gif_with_margin(), background=None)

    assert got.getbbox() == (16, 16, 48, 48)
    assert near(got.getpixel(MIDDLE), (200, 30, 30, 255))


def test_an_animation_beside_a_still_picture_is_what_browsers_show() -> None:
    assert near(pixels(pictures.apng_beside()).getpixel(MIDDLE), (0, 255, 0))


@pytest.mark.parametrize("options", [{"side": 65}, {"side": 0}, {"control": True}])
def test_a_still_picture_stays_where_the_animation_begins_with_it_or_does_not_fit_it(options: dict[str, Any]) -> None:
    assert near(pixels(pictures.apng_beside(**options)).getpixel(MIDDLE), (255, 0, 0))


def test_a_frame_control_that_is_cut_off_begins_no_animation() -> None:
    whole = pictures.png_chunks(pictures.apng_beside())
    chunks = [(kind, body[:20] if kind == b"fcTL" else body) for kind, body in whole]

    assert near(pixels(pictures.png(*chunks)).getpixel(MIDDLE), (255, 0, 0))


def test_an_animation_that_begins_with_a_small_frame_is_transparent_around() -> None:
    apng = pixels(pictures.apng_beside(side=32), background=None)
    film = moving.webp([moving.Layer(Image.new("RGB", (32, 32), (0, 255, 0)), (16, 8))])
    flags = film.index(b"VP8X") + 8
    webp = pixels(film[:flags] + b"\2" + film[flags + 1 :], background=None)  # which says that nothing is transparent

    assert apng.getbbox() == (0, 0, 32, 32)
    assert near(apng.getpixel((16, 16)), (0, 255, 0, 255))
    assert webp.getbbox() == (16, 8, 48, 40)


def test_an_animation_may_begin_with_a_frame_of_one_pixel() -> None:
    assert pixels(pictures.apng_beside(side=1), background=None).getbbox() == (0, 0, 1, 1)


def test_a_chunk_with_a_wrong_checksum_is_skipped() -> None:
    grey = png(Image.new("L", (64, 64), 100))
    gamma = pictures.png_with(grey, (b"gAMA", (100_000).to_bytes(4)))
    at = gamma.index(b"gAMA") + 8
    damaged = gamma[:at] + bytes(4) + gamma[at + 4 :]

    assert near(pixels(gamma).getpixel(MIDDLE), (169,) * 3)
    assert near(pixels(damaged).getpixel(MIDDLE), (100,) * 3)


def test_a_profile_in_parts_counts_if_every_part_is_there_once() -> None:
    icc = pictures.rotated_primaries()
    halves = icc[:200], icc[200:]

    def is_used(*parts: tuple[int, int, bytes]) -> bool:
        segments = (pictures.jpeg_segment(0xE2, b"ICC_PROFILE\0" + bytes(parts[:2]) + parts[2]) for parts in parts)
        red = pictures.saved(Image.new("RGB", (64, 64), (200, 30, 30)), "JPEG")
        return pixels(pictures.after_soi(red, *segments)).getpixel(MIDDLE)[1] > 150  # type: ignore[index]

    first, second = (1, 2, halves[0]), (2, 2, halves[1])
    whole = 1, 1, icc
    assert [is_used(*parts) for parts in ([whole], [first, second], [second, first], [whole, whole])] == [True] * 4
    assert not is_used(first)
    assert not is_used(first, first, second)
    assert not is_used((0, 2, halves[0]), (1, 2, halves[1]))
    assert not is_used((1, 3, halves[0]), (2, 3, halves[1]))


def test_a_webp_has_the_profile_that_it_announces() -> None:
    data = pictures.saved(
        Image.new("RGB", (64, 64), (200, 30, 30)), "WEBP", lossless=True, icc_profile=pictures.rotated_primaries()
    )
    flags = data.index(b"VP8X") + 8
    silent = data[:flags] + bytes([data[flags] & ~0x20]) + data[flags + 1 :]

    assert pixels(data).getpixel(MIDDLE)[1] > 150  # type: ignore[index]
    assert near(pixels(silent).getpixel(MIDDLE), (200, 30, 30))


def test_what_was_hidden_under_transparency_is_gone() -> None:
    on_blue = pixels(pictures.hidden_picture(), background="#0000ff")
    transparent = pixels(pictures.hidden_picture(), background=None)

    assert near(on_blue.getpixel((9, 32)), (0, 0, 255), 0)
    assert transparent.getpixel((9, 32)) == (0, 0, 0, 0)
    assert near(transparent.getpixel((55, 32)), (40, 70, 200, 255), 1)


def test_opaque_pictures_have_no_alpha() -> None:
    assert pixels(png(Image.new("RGBA", (64, 64), "red")), background=None).mode == "RGB"


def test_transparency_keeps_its_profile() -> None:
    image = Image.new("RGBA", (64, 64), (200, 30, 30, 128))

    got = pixels(png(image, icc_profile=pictures.rotated_primaries()), background=None).getpixel(MIDDLE)

    assert got[1] > 180  # type: ignore[index]
    assert got[3] == 128  # type: ignore[index]


def gray_profile() -> bytes:
    """Of levels that are as bright as light itself."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 256)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    tags = struct.pack(">I4sII4sII", 2, b"wtpt", 156, len(white), b"kTRC", 176, len(curve))
    head = struct.pack(">I4xI12s12x4s28x", 190, 0x02400000, b"mntrGRAYXYZ ", b"acsp") + white[8:] + bytes(48)
    return head + tags + white + curve


def light_profile() -> bytes:
    """The same with colors."""
    found = spaces.profile(spaces.Space(spaces.SRGB, 1.0))
    assert found
    return found


@pytest.mark.parametrize("profile", [gray_profile(), light_profile()], ids=["of gray", "of colors"])
@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "1"])
def test_gray_has_a_profile_of_gray_or_of_colors(mode: str, profile: bytes) -> None:
    level = {"I;16": 128 * 257, "1": 255}.get(mode, 128)
    image = Image.new(mode, (64, 64), (level, 99) if mode == "LA" else level)

    got = pixels(png(image, icc_profile=profile), background=None).getpixel(MIDDLE)

    assert near(got, (255,) * 3 if mode == "1" else (188, 188, 188, 99)[: 4 if mode == "LA" else 3], 1)


def test_gray_with_one_transparent_level_keeps_its_profile() -> None:
    rows = zlib.compress((b"\0" + b"\x80" * 4 + b"\0" * 4) * 8)
    profile = (b"iCCP", b"a\0\0" + zlib.compress(gray_profile()))
    data = pictures.png(
        pictures.png_header(8, 8, color=0), profile, (b"tRNS", bytes(2)), (b"IDAT", rows), (b"IEND", b"")
    )

    assert near(pixels(data, background=None).getpixel((1, 1)), (188, 188, 188, 255), 1)


def test_gray_and_alpha_of_sixteen_bits_keep_their_profile() -> None:
    rows = zlib.compress((b"\0" + b"\x80\x80\x63\x63" * 8) * 8)
    profile = (b"iCCP", b"a\0\0" + zlib.compress(gray_profile()))
    data = pictures.png(pictures.png_header(8, 8, depth=16, color=4), profile, (b"IDAT", rows), (b"IEND", b""))

    assert near(pixels(data, background=None).getpixel((1, 1)), (188, 188, 188, 99), 1)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_profile_of_gray_does_not_fit_colors(format: str) -> None:
    data = pictures.saved(Image.new("RGB", (64, 64), (128, 128, 128)), format, icc_profile=gray_profile())

    assert near(pixels(data).getpixel(MIDDLE), (128, 128, 128), 2)


def profile_with_code(*code: int, name: bytes = b"cicp") -> bytes:
    """Of light, by its curves; of another space by what it names."""
    tag = name + bytes(4) + bytes(code)
    return pictures.with_tags(light_profile(), [(b"desc", b"desc" + bytes(8)), (b"cicp", tag)])


LIGHT, RED = (241, 120, 120), (224, 48, 48)
"""What is stored as the second color, where its levels stand for light."""


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ((12, 13, 0, 1), (244, 0, 33)),
        ((1, 13, 0, 1), RED),
        ((1, 1, 0, 1), RED),
        ((12, 6, 0, 1), (244, 0, 33)),
        ((1, 4, 0, 1), (225, 44, 44)),
        ((12, 13, 1, 1), LIGHT),
        ((12, 13, 0, 0), LIGHT),
        ((99, 13, 0, 1), LIGHT),
        ((12, 13), LIGHT),
    ],
)
def test_a_space_that_a_profile_names_stands_over_its_curves(code: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    red = Image.new("RGB", (64, 64), RED)

    assert near(pixels(png(red, icc_profile=profile_with_code(*code))).getpixel(MIDDLE), wanted, 4)


def test_a_tag_that_is_no_code_names_nothing() -> None:
    profile = profile_with_code(12, 13, 0, 1, name=b"text")

    got = pixels(png(Image.new("RGB", (64, 64), RED), icc_profile=profile)).getpixel(MIDDLE)

    assert near(got, LIGHT, 2)


def test_hdr_may_be_named_by_a_profile() -> None:
    gray = Image.new("RGB", (64, 64), (128, 128, 128))

    def shown(**options: Any) -> Any:
        return pixels(pictures.saved(gray, "JPEG", quality=100, **options)).getpixel(MIDDLE)

    in_png = pictures.png_with(png(gray), (b"cICP", bytes([9, 16, 0, 1])))

    expected: Any = pixels(in_png).getpixel(MIDDLE)
    assert near(shown(icc_profile=profile_with_code(9, 16, 0, 1)), expected, 2)
    assert not near(shown(), expected, 2)


def test_a_profile_of_an_edition_to_come_is_ignored() -> None:
    profile = light_profile()
    later = profile[:8] + b"\5" + profile[9:]

    for icc, wanted in ((profile, LIGHT), (later, RED)):
        assert near(pixels(png(Image.new("RGB", (64, 64), RED), icc_profile=icc)).getpixel(MIDDLE), wanted, 2)


def test_a_gray_photo_has_a_profile_of_gray_or_of_colors() -> None:
    gray = Image.new("L", (64, 64), 128)

    for profile in (gray_profile(), light_profile()):
        assert near(pixels(pictures.saved(gray, "JPEG", icc_profile=profile)).getpixel(MIDDLE), (188, 188, 188), 2)


def test_the_colors_of_tiles_count_where_their_picture_has_none() -> None:
    tile = Image.new("RGB", (64, 64), (128, 128, 128))

    for color in (b"prof" + light_profile(), b"rICC" + light_profile(), b"nclx\0\1\0\x08\0\6\x80"):
        data = pictures.tiled_avif(tile, 2, colors_of_tiles=color)
        assert near(pixels(data, input_formats=("AVIF",)).getpixel(MIDDLE), (188, 188, 188), 2)


@pytest.mark.parametrize("start", [b"\0\0", b"a\0\1"], ids=["without a name", "packed in another way"])
def test_a_profile_of_a_png_has_a_name_and_is_deflated(start: bytes) -> None:
    plain = png(Image.new("RGB", (64, 64), (128, 128, 128)))
    body = zlib.compress(light_profile())

    assert near(pixels(pictures.png_with(plain, (b"iCCP", start + body))).getpixel(MIDDLE), (128, 128, 128), 0)
    assert near(pixels(pictures.png_with(plain, (b"iCCP", b"a\0\0" + body))).getpixel(MIDDLE), (188, 188, 188), 1)


def test_jpeg_has_white_where_others_are_transparent() -> None:
    picture = made(pictures.hidden_picture(), background=None, output_formats=("webp", "jpg"))
    image = Image.open(io.BytesIO(picture.renditions[1].data))

    assert near(image.getpixel((9, 32)), (255, 255, 255))


def test_edges_of_transparent_areas_do_not_darken_when_shrunk() -> None:
    image = Image.new("RGBA", (1600, 1600), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (800, 0, 1600, 1600))

    assert pixels(png(image), sizes=(33,)).getextrema() == ((255, 255),) * 3


def test_a_profile_that_is_a_program_is_taken_by_its_matrix() -> None:
    red = Image.new("RGB", (64, 64), (200, 30, 30))
    photo = png(red, icc_profile=pictures.program_profile())

    got = within(0.5, lambda: pixels(photo)).getpixel(MIDDLE)

    assert near(got, (200, 30, 30), 8)


def test_little_cms_itself_would_run_the_program() -> None:
    profile = pictures.program_profile(4)
    of_srgb = ImageCms.createProfile("sRGB")

    run, taken = (
        ImageCms.profileToProfile(Image.new("RGB", (1, 1), (200, 30, 30)), io.BytesIO(icc), of_srgb)
        for icc in (profile, simple(profile))
    )

    assert run is not None
    assert taken is not None
    assert not near(run.getpixel((0, 0)), (200, 30, 30), 60)
    assert near(taken.getpixel((0, 0)), (200, 30, 30), 8)


def test_a_list_of_tags_that_never_ends_is_read_to_the_end_of_the_profile() -> None:
    profile = pictures.display_p3()
    endless = profile[:128] + b"\xff\xff\xff\xff" + profile[132:]

    assert simple(endless) == endless
    assert simple(b"short") == b"short"


def test_a_profile_that_only_the_decoder_reports_is_no_larger_than_what_describes_the_file() -> None:
    image = Image.new("RGB", (64, 64), (200, 30, 30))
    files = [
        pictures.photo(format="AVIF", image=image, icc=pictures.rotated_primaries().ljust(size, b"\0"), quality=95)
        for size in (MAX_META // 2, MAX_META)
    ]

    assert pixels(files[0], input_formats=("AVIF",)).getpixel(MIDDLE)[1] > 120  # type: ignore[index]
    assert refused(files[1], input_formats=("AVIF",)).code == "too_complex"
