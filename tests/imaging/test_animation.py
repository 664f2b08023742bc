"""What moves goes on moving: frames as browsers draw and time them, cut and colored like the still picture."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from PIL import Image

from django_avatars.imaging import budget
from django_avatars.imaging.animation import playing
from django_avatars.imaging.headers import webp as webp_headers
from django_avatars.imaging.pipeline import Crop, Exhausted
from django_avatars.imaging.spec import Motion

from .. import pictures
from ..pictures import moving
from ..pictures.moving import BLUE, CLEAR, GREEN, RED, Layer, Part
from .making import made, near

LIMITS: dict[str, Any] = {"frames": 100, "seconds": 10, "pixels": 16_000_000, "loops": None}
MIDDLE, CORNER = (32, 32), (4, 4)

CORNERS = Part(1, (0, 0, 16, 16)), Part(2, (48, 48, 16, 16))


def animation(data: bytes, *, crop: Crop | None = None, background: str | None = "#ffffff", **limits: Any) -> bytes:
    """The file that moves."""
    found = made(data, crop=crop, background=background, motion=Motion(**LIMITS | limits)).animation
    assert found is not None
    return found


def shown(data: bytes, *places: tuple[int, int], **options: Any) -> list[list[tuple[int, ...]]]:
    """The colors at these places, frame by frame."""
    return [[image.getpixel(place) for place in places] for image, _ in moving.frames(animation(data, **options))]  # type: ignore[misc]


def is_still(data: bytes, **limits: Any) -> bool:
    """Whether the picture is stored, and does not move."""
    picture = made(data, motion=Motion(**LIMITS | limits))
    return bool(picture.renditions) and picture.animation is None


def flat(color: tuple[int, ...], size: tuple[int, int] = (64, 64)) -> Image.Image:
    """One color."""
    return Image.new("RGBA" if len(color) == 4 else "RGB", size, color)


def alike(found: list[list[tuple[int, ...]]], wanted: list[list[tuple[int, ...]]]) -> bool:
    """Whether the same colors are seen, but for what encoding changes."""
    pairs = [pair for one, other in zip(found, wanted, strict=True) for pair in zip(one, other, strict=True)]
    return all(near(one[:3], other, 14) for one, other in pairs)


FORMATS = {
    "gif": moving.gif([Part(0), Part(1), Part(2)]),
    "webp": moving.webp([Layer(flat(color)) for color in (RED, GREEN, BLUE)]),
    "png": moving.png([Layer(flat(color)) for color in (RED, GREEN, BLUE)]),
}


@pytest.mark.parametrize("format", FORMATS)
def test_an_animation_of_each_format_goes_on_moving_beside_its_first_frame(format: str) -> None:
    picture = made(FORMATS[format], motion=Motion(**LIMITS))

    assert picture.sizes == (64,)
    assert picture.animation is not None
    assert alike(shown(FORMATS[format], MIDDLE), [[RED], [GREEN], [BLUE]])
    assert [duration for _, duration in moving.frames(picture.animation)] == [500, 500, 500]


def test_transparent_parts_of_a_lossy_frame_show_the_frame_before() -> None:
    upper = flat((*BLUE, 255))
    upper.paste((0, 0, 0, 0), (0, 0, 32, 64))
    data = moving.webp([Layer(flat(RED)), Layer(upper, is_lossy=True)])

    assert b"ALPH" in data
    assert alike(shown(data, (8, 32), (56, 32)), [[RED, RED], [RED, BLUE]])


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_moves_where_nobody_asks_for_it(format: str) -> None:
    assert made(FORMATS[format]).animation is None


def test_who_does_not_ask_for_animations_does_not_load_what_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    package = "django_avatars.imaging.animation"
    for name in [name for name in sys.modules if name.startswith(package)]:
        monkeypatch.delitem(sys.modules, name)

    made(FORMATS["gif"])

    assert package not in sys.modules


def test_the_file_has_pixels_and_times_and_nothing_else() -> None:
    data = animation(moving.webp([Layer(flat(RED)), Layer(flat(BLUE))], icc=pictures.display_p3()))

    kinds = {kind for kind, _, _ in webp_headers.walk(io.BytesIO(data), 12, len(data))}
    assert kinds == {b"VP8X", b"ANIM", b"ANMF"}


@pytest.mark.parametrize(("delay", "seen"), [(0, 100), (1, 100), (2, 20), (5, 50)])
def test_a_frame_is_seen_for_as_long_as_browsers_show_it(delay: int, seen: int) -> None:
    data = moving.gif([Part(0, delay=delay), Part(1, delay=delay)])

    assert [duration for _, duration in moving.frames(animation(data))] == [seen, seen]


@pytest.mark.parametrize(("duration", "seen"), [(10, 100), (11, 11)])
def test_more_than_ten_milliseconds_are_no_mistake(duration: int, seen: int) -> None:
    data = moving.webp([Layer(flat(RED), duration=duration), Layer(flat(BLUE), duration=duration)])

    assert [shown for _, shown in moving.frames(animation(data))] == [seen, seen]


@pytest.mark.parametrize(
    "extension", [b"\x21\xfe\x04\0\x0a\0\0\0", b"\x21\xf9\x05\0\x0a\0\0\0\0"], ids=["comment", "long"]
)
def test_only_a_control_of_its_own_length_says_how_long_a_frame_is_seen(extension: bytes) -> None:
    parts = Part(0), Part(1)
    control = moving.gif_frame(parts[0]).partition(b",")[0]
    data = moving.gif(parts).replace(control, control + extension)

    assert [duration for _, duration in moving.frames(animation(data))] == [500, 500]


def test_a_png_without_a_unit_of_time_counts_in_hundredths() -> None:
    data = moving.png([Layer(flat(RED), duration=30), Layer(flat(BLUE), duration=30)])
    control = data.index(b"fcTL") + 26  # the unit of the first frame
    data = data[: control - 2] + data[control - 2 :].replace(b"\x03\xe8", b"\0\0", 1)

    assert moving.frames(animation(data))[0][1] == 300


@pytest.mark.parametrize(
    ("data", "plays"),
    [
        (moving.gif([Part(0), Part(1)]), 1),
        (moving.gif([Part(0), Part(1)], more=moving.looping(0)), 0),
        (moving.gif([Part(0), Part(1)], more=moving.looping(2)), 3),
        (moving.webp([Layer(flat(RED)), Layer(flat(BLUE))], plays=2), 2),
        (moving.png([Layer(flat(RED)), Layer(flat(BLUE))], plays=2), 2),
    ],
    ids=["gif once", "gif for ever", "gif twice more", "webp", "png"],
)
def test_it_is_shown_as_often_as_it_says(data: bytes, plays: int) -> None:
    assert Image.open(io.BytesIO(animation(data))).info["loop"] == plays
    assert Image.open(io.BytesIO(animation(data, loops=2))).info["loop"] == min(plays or 2, 2)


def test_a_frame_stays_or_clears_or_reverts() -> None:
    ways = [Part(0, disposal=1), CORNERS[0], CORNERS[1]._replace(disposal=3), Part(0, (30, 30, 4, 4))]
    assert alike(shown(moving.gif(ways), CORNER, (60, 60)), [[RED, RED], [GREEN, RED], [GREEN, BLUE], [GREEN, RED]])

    ways = [Part(0), CORNERS[0]._replace(disposal=2), CORNERS[1]]
    assert alike(shown(moving.gif(ways), CORNER, (60, 60)), [[RED, RED], [GREEN, RED], [CLEAR, BLUE]])


def test_what_is_transparent_in_a_gif_shows_the_frame_before() -> None:
    assert alike(shown(moving.gif([Part(0), Part(3), Part(1)]), MIDDLE)[-1:], [[GREEN]])
    transparent = moving.gif([Part(3), Part(1, (0, 0, 16, 16))])
    assert [alpha for ((*_, alpha),) in shown(transparent, MIDDLE, background=None)] == [0, 0]


CLEARED = [Layer(flat(RED), then=1), Layer(flat(GREEN, (16, 16)))]


@pytest.mark.parametrize(
    ("data", "background", "is_announced"),
    [
        (moving.gif([Part(0, disposal=2), Part(1, (0, 0, 16, 16))]), None, True),
        (moving.png(CLEARED), None, True),
        (moving.webp(CLEARED), None, True),
        (moving.gif([Part(0, disposal=2), Part(1, (0, 0, 16, 16))]), "#ffffff", False),
        (FORMATS["gif"], None, False),
        (moving.gif([Part(3), Part(1, (0, 0, 16, 16))]), None, True),
    ],
    ids=["gif", "png", "webp", "on a background", "opaque", "transparent"],
)
def test_alpha_is_announced_where_clearing_makes_it_too(
    data: bytes, background: str | None, is_announced: bool
) -> None:
    moves = animation(data, background=background)

    assert moves[12:16] == b"VP8X"
    assert bool(moves[20] & 0x10) is is_announced


@pytest.mark.parametrize("blends", [True, False])
@pytest.mark.parametrize("make", [moving.webp, moving.png])
def test_a_frame_is_drawn_over_the_last_one_or_in_its_place(make: Any, blends: bool) -> None:
    half = flat((*BLUE, 128))
    data = make([Layer(flat((*RED, 255))), Layer(half, blends=blends)])

    mixed = tuple((a + b) // 2 for a, b in zip(BLUE, RED if blends else CLEAR, strict=True))
    assert alike(shown(data, MIDDLE), [[RED], [mixed]])


@pytest.mark.parametrize("make", [moving.webp, moving.png])
def test_a_frame_of_webp_or_png_may_clear_its_place(make: Any) -> None:
    corner = flat((*GREEN, 255), (16, 16))
    layers = [Layer(flat((*RED, 255))), Layer(corner, then=1), Layer(corner, (32, 32))]

    assert alike(shown(make(layers), CORNER, (40, 40)), [[RED, RED], [GREEN, RED], [CLEAR, GREEN]])


def test_a_frame_of_png_may_revert() -> None:
    corner = flat(GREEN, (16, 16))
    layers = [Layer(flat(RED)), Layer(corner, then=2), Layer(corner, (32, 32))]

    assert alike(shown(moving.png(layers), CORNER, (40, 40)), [[RED, RED], [GREEN, RED], [RED, GREEN]])


def test_a_picture_apart_from_the_animation_is_not_part_of_it() -> None:
    data = moving.png([Layer(flat(GREEN)), Layer(flat(BLUE))], apart=flat(RED))

    assert alike(shown(data, MIDDLE), [[GREEN], [BLUE]])


def test_what_sticks_out_is_cut_off() -> None:
    data = moving.gif([Part(0), Part(1, (48, 48, 64, 64), disposal=2), Part(2, (0, 0, 8, 8))])

    assert alike(shown(data, (60, 60), CORNER), [[RED, RED], [GREEN, RED], [CLEAR, BLUE]])


def test_sixteen_bits_and_palettes_and_one_transparent_color_are_read() -> None:
    deep = [Image.new("I;16", (64, 64), level) for level in (0x4000, 0xC000)]
    assert alike(shown(moving.png([Layer(one) for one in deep]), MIDDLE), [[(64, 64, 64)], [(192, 192, 192)]])

    palette = [Image.new("P", (64, 64), number) for number in (0, 1)]
    for image in palette:
        image.putpalette([*RED, *BLUE])
    assert alike(shown(moving.png([Layer(one) for one in palette]), MIDDLE), [[RED], [BLUE]])

    grey = [Layer(Image.new("L", (64, 64), level), blends=False) for level in (90, 7)]
    seven = moving.png_chunk(b"tRNS", b"\0\x07")
    assert alike(shown(moving.png(grey, more=seven), MIDDLE), [[(90, 90, 90)], [CLEAR]])


def turned_png(*scenes: Image.Image) -> bytes:
    """A PNG that is shown turned by a quarter."""
    return moving.png([Layer(one) for one in scenes], more=moving.png_chunk(b"eXIf", pictures.exif(6)))


def plain_webp(*scenes: Image.Image) -> bytes:
    """A WebP, in whole frames."""
    return moving.webp([Layer(one) for one in scenes], side=96)


@pytest.mark.parametrize("make", [turned_png, plain_webp])
def test_every_frame_is_turned_and_cut_like_a_still_picture(make: Any) -> None:
    scene = pictures.quadrants(96, 96)
    scenes = [scene, scene.transpose(Image.Transpose.FLIP_TOP_BOTTOM)]
    crop = Crop(90, 0.25, 0.0, 0.5)

    stills = [Image.open(io.BytesIO(made(make(one), crop=crop).renditions[0].data)) for one in scenes]
    found = [image for image, _ in moving.frames(animation(make(*scenes), crop=crop))]

    assert [image.size for image in found] == [still.size for still in stills] == [(48, 48)] * 2
    for place in ((8, 8), (40, 8), (8, 40), (40, 40)):
        pairs = [(image.getpixel(place), still.getpixel(place)) for image, still in zip(found, stills, strict=True)]
        assert all(near(one[:3], other, 14) for one, other in pairs)  # type: ignore[index, arg-type]


def test_it_is_as_large_as_is_needed_and_never_larger_than_the_picture() -> None:
    def side(size: int) -> int:
        return moving.frames(animation(moving.gif([Part(0, (0, 0, 8, 8)), Part(1)], size=size)))[0][0].width

    assert (side(64), side(500)) == (64, playing.EDGE)


def test_colors_are_those_of_the_screen() -> None:
    layers = [Layer(flat((200, 30, 30))), Layer(flat((30, 30, 200)))]
    data = moving.webp(layers, icc=pictures.rotated_primaries())
    still = Image.open(io.BytesIO(made(data).renditions[0].data)).getpixel(MIDDLE)

    assert alike(shown(data, MIDDLE)[:1], [[still]])  # type: ignore[list-item]
    assert still[1] > 150  # type: ignore[index]


@pytest.mark.parametrize(
    "limits", [{"frames": 2}, {"seconds": 1}, {"pixels": 3 * 64 * 64 - 1}], ids=["frames", "seconds", "pixels"]
)
def test_beyond_a_limit_only_the_still_picture_is_kept(limits: dict[str, int]) -> None:
    assert is_still(FORMATS["gif"], **limits)
    assert not is_still(FORMATS["gif"], **{name: value + 1 for name, value in limits.items()})


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The animations of which a frame is decoded."""
    films: list[Any] = []
    draw = playing.drawn

    def drawn(film: Any) -> Any:
        films.append(film)
        return draw(film)

    monkeypatch.setattr(playing, "drawn", drawn)
    return films


def test_what_would_take_too_much_memory_stays_still(monkeypatch: pytest.MonkeyPatch, drawn: list[Any]) -> None:
    assert not is_still(FORMATS["gif"])
    assert len(drawn) == 1
    monkeypatch.setattr(playing, "COPIES", 1_000_000)

    assert is_still(FORMATS["gif"])
    assert len(drawn) == 1


def test_prefix_codes_of_every_frame_are_counted(drawn: list[Any]) -> None:
    start = pictures.riff_chunks(moving.webp([Layer(flat(RED, (256, 256)))], side=256))
    frame = pictures.riff_chunks(pictures.grouped_animation())[-1]

    assert is_still(pictures.riff(*start, frame))
    assert not drawn


def test_a_frame_of_many_chunks_is_not_decoded(drawn: list[Any]) -> None:
    data = moving.webp([Layer(flat(RED)), Layer(flat(BLUE))])
    *start, (kind, frame) = pictures.riff_chunks(data)
    empty = b"JUNK\0\0\0\0"

    assert is_still(pictures.riff(*start, (kind, frame + empty * 16)))
    assert not drawn
    assert not is_still(pictures.riff(*start, (kind, frame + empty * 15)))


def test_of_several_palettes_the_first_is_that_of_every_frame() -> None:
    images = [Image.new("P", (64, 64), number) for number in (0, 1)]
    images[0].putpalette([*RED, *BLUE])
    first = moving.png_chunk(b"PLTE", bytes((*BLUE, *GREEN)))
    too_large = moving.png_chunk(b"tRNS", bytes(300))

    assert alike(shown(moving.png([Layer(one) for one in images], more=first + too_large), MIDDLE), [[BLUE], [GREEN]])


@pytest.mark.parametrize(
    "data",
    [
        pictures.photo(64, 64),
        moving.gif([Part(0)]),
        moving.gif([Part(0), Part(0)]),
        moving.png([Layer(flat(RED))]),
        moving.webp([Layer(flat(RED))]),
        pictures.photo(64, 64, format="PNG"),
    ],
    ids=["JPEG", "one frame", "the same twice", "one of PNG", "one of WebP", "PNG"],
)
def test_what_does_not_move_is_still(data: bytes) -> None:
    assert is_still(data)


TWO = moving.gif([Part(0), Part(1)])


def smaller_than_it_says() -> bytes:
    """A WebP whose second frame has fewer pixels than its place."""
    data = moving.webp([Layer(flat(RED)), Layer(flat(BLUE, (32, 32)))])
    at = data.rindex(b"ANMF") + 8 + 6
    return data[:at] + (63).to_bytes(3, "little") * 2 + data[at + 6 :]


@pytest.mark.parametrize(
    "data",
    [
        TWO[:-20],
        moving.gif([Part(0), Part(1)], end=moving.gif_frame(Part(2))[:-1] + b"\1x" * 100_001 + b"\0;"),
        smaller_than_it_says(),
        TWO[:10] + b"\x11" + TWO[11:13] + TWO[25:],
    ],
    ids=["cut off", "many blocks", "another size", "no palette"],
)
def test_of_a_damaged_animation_the_still_picture_is_kept(data: bytes) -> None:
    assert is_still(data)


@pytest.mark.parametrize("end", [b"", b"\0", b"\x21\xfe\x05hello\0;", b"\x21\xf9\x01x\0;"])
def test_an_animation_may_end_as_it_likes(end: bytes) -> None:
    assert alike(shown(moving.gif([Part(0), Part(1)], end=end), MIDDLE), [[RED], [GREEN]])


def test_an_extension_of_another_kind_does_not_say_how_often() -> None:
    other = b"\x21\xff\x0bXMP DataXMP\x03\x01\x05\0\0"
    longer = b"\x21\xff\x0bNETSCAPE2.0\x05\x02\0\0\0\0\0"

    data = animation(moving.gif([Part(0), Part(1)], more=other + longer))

    assert Image.open(io.BytesIO(data)).info["loop"] == 1


def test_memory_for_frames_is_taken_from_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "PATIENCE", 0.01)

    with budget.of_process.taking(1, of=100_000), pytest.raises(Exhausted):
        made(TWO, motion=Motion(**LIMITS), memory=100_000)
