"""How large the frames of an AV1 stream can be, whatever its container says."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from django_avatars.imaging.heif import av1
from django_avatars.imaging.rejected import Rejected
from django_avatars.imaging.spliced import Span, SplicedFile

from .. import pictures
from .making import made, pixels, refused


def packed(*fields: tuple[int, int]) -> bytes:
    """Numbers of so many bits each, one after the other."""
    text = "".join(f"{value:0{count}b}" for value, count in fields)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8)


def sides(width: int, height: int, spare: int = 0) -> list[tuple[int, int]]:
    """The size as a sequence header holds it, in as many bits as it needs and some to spare."""
    widths = [(side - 1).bit_length() + spare for side in (width, height)]
    return [(widths[0] - 1, 4), (widths[1] - 1, 4), (width - 1, widths[0]), (height - 1, widths[1])]


def unit(body: bytes, *, kind: int = 1, sized: bool = True) -> bytes:
    """One part of a stream."""
    head = bytes([kind << 3 | sized << 1])
    return head + bytes([len(body)] if sized else []) + body


def largest(data: bytes) -> int:
    """The most pixels of a frame."""
    return max((frame.pixels for frame in av1.frames(view(data))), default=0)


def view(data: bytes) -> SplicedFile:
    return SplicedFile(io.BytesIO(data), [Span(0, len(data))])


TOOLS = [(0, 3), (0, 3)]
PLAIN = [(0, 1), (0, 1), (0, 1), (0, 1), (0, 2)]
"""Colors: eight bits, halved both ways, nothing named."""

SHORT = packed((0, 3), (1, 1), (1, 1), (4, 5), *sides(640, 480), *TOOLS, *PLAIN)
LONG = packed(
    (0, 3), (1, 1), (0, 1), (0, 1), (1, 1), (1, 5),
    (0, 12), (8, 5), (1, 1), (1, 1), (9, 4),
    (0, 12), (4, 5), (0, 1),
    *sides(640, 480),
    (1, 1), (0, 7), (0, 3), (0, 4), (1, 1), (0, 2), (0, 1), (1, 1), (0, 1), (0, 1), (5, 3), (0, 3), *PLAIN,
)  # fmt: skip


def timed(*fields: tuple[int, int], model: int = 0, points: tuple[tuple[int, int], ...] = ()) -> bytes:
    """A header that is not reduced, and says how long frames are seen."""
    ticks = [(1, 32), (25, 32), *fields, (model, 1)]
    models = [(9, 5), (7, 32), (3, 5), (3, 5)] if model else []
    return packed(
        (0, 3), (1, 1), (0, 1), (1, 1), *ticks, *models, (0, 1), (0, 5), (0, 12), (4, 5), *points,
        *sides(640, 480),
        (0, 1), (0, 3), (0, 4), (0, 1), (1, 1), (1, 1), (0, 3), *PLAIN,
    )  # fmt: skip


TIMED = [
    timed((0, 1)),
    timed((1, 1), (1, 1)),
    timed((1, 1), (0b00111, 5)),
    timed((0, 1), model=1, points=((0, 1),)),
    timed((0, 1), model=1, points=((1, 1), (1023, 10), (5, 10), (1, 1))),
]


@pytest.mark.parametrize("header", [SHORT, LONG, *TIMED])
@pytest.mark.parametrize("sized", [True, False])
def test_the_size_is_read_from_short_and_long_headers(header: bytes, sized: bool) -> None:
    stream = unit(b"", kind=2) + unit(header, sized=sized)

    assert largest(stream) == 640 * 480


@pytest.mark.parametrize("spare", [1, 6])
def test_a_reduced_header_may_give_the_size_in_more_bits_than_it_needs(spare: int) -> None:
    header = packed((0, 3), (1, 1), (1, 1), (4, 5), *sides(640, 480, spare), *TOOLS, *PLAIN)

    assert largest(unit(header)) == 640 * 480


def test_the_largest_of_several_headers_counts() -> None:
    large = packed((0, 3), (1, 1), (1, 1), (4, 5), *sides(9000, 8000), *TOOLS, *PLAIN)

    assert largest(unit(SHORT) + unit(large) + unit(SHORT)) == 9000 * 8000


@pytest.mark.parametrize("kind", [3, 6])
def test_each_frame_counts_since_the_decoder_decodes_them_all(kind: int) -> None:
    frame = unit(b"", kind=kind)

    for count in (0, 1):
        assert len(av1.frames(view(unit(SHORT) + frame * count))) == 1
    assert len(av1.frames(view(frame + unit(SHORT) + frame * 9 + unit(SHORT) + frame))) == 10


def test_a_stream_without_header_has_no_pixels() -> None:
    assert largest(b"") == 0


WIDER = [(12, 4), (8, 4), (639, 13), (479, 9)]
HIGHER = [(9, 4), (11, 4), (639, 10), (479, 12)]


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (unit(packed((0, 3), (1, 1), (0, 1), (0, 1), (0, 1), (0, 5), (0, 12), (4, 5), *WIDER)), "unsupported_format"),
        (unit(packed((0, 3), (1, 1), (0, 1), (0, 1), (0, 1), (0, 5), (0, 12), (4, 5), *HIGHER)), "unsupported_format"),
        (unit(timed((1, 1), (0, 40))), "truncated"),
        (unit(SHORT[:3]), "truncated"),
        (b"\x0a" + b"\xff" * 9, "truncated"),
        (unit(b"", kind=2) * 65, "too_complex"),
    ],
    ids=["bits to spare", "bits of the height to spare", "endless number", "cut", "endless length", "too many parts"],
)
def test_streams_that_cannot_be_judged_are_refused(stream: bytes, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        largest(stream)

    assert caught.value.code == code


def test_a_stream_larger_than_its_container_says_is_refused() -> None:
    data = pictures.photo(format="AVIF", image=Image.new("RGB", (3000, 3000)), speed=10)
    place = data.index(b"ispe") + 8

    lie = data[:place] + struct.pack(">II", 64, 64) + data[place + 8 :]

    assert made(data, input_formats=("AVIF",)).sizes == (512, 256, 128, 64)
    assert refused(lie, input_formats=("AVIF",)).code == "truncated"


def test_a_picture_of_many_frames_is_refused_unless_they_are_small() -> None:
    small, large = Image.new("RGB", (64, 64)), Image.new("RGB", (1200, 1200))

    assert made(pictures.tiled_avif(small, 1, frames=40), input_formats=("AVIF",)).sizes == (64,)
    assert made(pictures.tiled_avif(large, 1, frames=3), input_formats=("AVIF",)).sizes == (512, 256, 128, 64)
    assert refused(pictures.tiled_avif(large, 1, frames=8), input_formats=("AVIF",)).code == "truncated"


def test_tiles_that_share_their_bytes_count_each() -> None:
    tile = Image.effect_noise((160, 160), 250).convert("RGB")

    assert made(pictures.tiled_avif(tile, 6, quality=90), input_formats=("AVIF",)).sizes == (512, 256, 128, 64)
    assert refused(pictures.tiled_avif(tile, 31, quality=90), input_formats=("AVIF",)).code == "too_complex"


def test_an_avif_sequence_becomes_its_still_picture() -> None:
    data = pictures.animation("AVIF")

    assert data[8:12] == b"avis"
    assert made(data, input_formats=("AVIF",)).sizes == (64,)


def test_a_sequence_that_names_no_colors_is_of_limited_range_as_in_browsers() -> None:
    for level, stretched in ((16, 0), (126, 128)):
        frames = [Image.new("RGB", (64, 64), (one,) * 3) for one in (level, 235)]
        data = pictures.saved(frames[0], "AVIF", save_all=True, append_images=frames[1:], quality=100)
        unnamed = data.replace(b"colrnclx", b"freenclx")
        still = unnamed.replace(b"ftypavis", b"ftypavif")

        seen = [pixels(file, input_formats=("AVIF",)).getpixel((9, 9)) for file in (data, still, unnamed)]

        assert seen == [(level,) * 3, (level,) * 3, (stretched,) * 3]


@pytest.mark.parametrize(
    ("profile", "colors", "held"),
    [
        (0, PLAIN, 1.5),
        (0, [(1, 1), (0, 1), (0, 1), (0, 1)], 3.0),
        (0, [(0, 1), (1, 1), (0, 1), (0, 1)], 1.0),
        (1, [(0, 1), (0, 1), (0, 1)], 3.0),
        (1, [(0, 1), (1, 1), (1, 8), (13, 8), (0, 8)], 3.0),
        (2, [(0, 1), (0, 1), (0, 1), (0, 1)], 2.0),
        (2, [(1, 1), (1, 1), (0, 1), (0, 1), (0, 1), (0, 1)], 6.0),
        (2, [(1, 1), (1, 1), (0, 1), (0, 1), (0, 1), (1, 1), (0, 1)], 4.0),
        (2, [(1, 1), (1, 1), (0, 1), (0, 1), (0, 1), (1, 1), (1, 1)], 3.0),
    ],
    ids=["plain", "ten bits", "grey", "444", "RGB", "422", "twelve bits, 444", "422 of twelve", "420 of twelve"],
)
def test_bytes_of_a_pixel_follow_from_depth_and_subsampling(
    profile: int, colors: list[tuple[int, int]], held: float
) -> None:
    header = packed((profile, 3), (1, 1), (1, 1), (4, 5), *sides(640, 480), *TOOLS, *colors)

    assert [frame.held for frame in av1.frames(view(unit(header)))] == [held]
