"""Where the pictures of a HEIF container are."""

from __future__ import annotations

import struct

import pytest

from django_avatars.imaging.heif.boxes import within
from django_avatars.imaging.heif.items import Description
from django_avatars.imaging.rejected import Rejected
from django_avatars.imaging.spliced import Span

from ..timing import within as within_time

LENGTH = 1000

ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def entries(*kinds: bytes, version: int = 2) -> bytes:
    """An ``iinf`` box that numbers items of these kinds from 1."""
    number = ">I" if version == 3 else ">H"
    infos = [
        box(b"infe", bytes([version, 0, 0, 0]) + struct.pack(number, item) + bytes(2) + kind + b"\0")
        for item, kind in enumerate(kinds, 1)
    ]
    if version == 3:
        return box(b"iinf", b"\1\0\0\0" + struct.pack(">I", len(kinds)) + b"".join(infos))
    return box(b"iinf", bytes(4) + struct.pack(">H", len(kinds)) + b"".join(infos))


def located(*extents: tuple[int, int], item: int = 1, version: int = 0, method: int = 0, base: int = 0) -> bytes:
    """An ``iloc`` box of one item."""
    number = ">I" if version == 2 else ">H"
    body = bytes([version, 0, 0, 0, 0x44, 0x40 | (4 if version else 0)]) + struct.pack(number, 1)
    body += struct.pack(number, item) + (struct.pack(">H", method) if version else b"") + bytes(2)
    body += struct.pack(">IH", base, len(extents))
    for start, size in extents:
        body += (bytes(4) if version else b"") + struct.pack(">II", start, size)
    return box(b"iloc", body)


def described(*parts: bytes) -> Description:
    return Description(bytes(4) + b"".join(parts), LENGTH)


def found(*parts: bytes) -> list[list[Span | bytes]]:
    """Where the items are that are pictures."""
    description = described(*parts)
    return [pieces for item, pieces in description.locations() if description.kinds.get(item) == b"av01"]


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_picture_is_found_in_its_pieces(version: int) -> None:
    location = located((10, 20), (50, 7), version=version, base=100)

    assert found(entries(b"av01"), location) == [[Span(110, 130), Span(150, 157)]]


def test_only_pictures_are_looked_at() -> None:
    assert found(entries(b"Exif"), located((10, 20))) == []


def test_items_may_have_long_numbers() -> None:
    assert found(entries(b"Exif", b"av01", version=3), located((1, 2), item=2, version=2)) == [[Span(1, 3)]]


def test_a_picture_may_be_within_the_description() -> None:
    location = located((1, 3), version=1, method=1)

    assert found(entries(b"av01"), box(b"idat", b"abcdef"), location) == [[b"bcd"]]


@pytest.mark.parametrize(
    ("location", "code"),
    [
        (located((10, 20), version=1, method=2), "unsupported_format"),
        (box(b"iloc", bytes(4) + b"\x44\x40\x00\x01"), "truncated"),
        (located(*[(1, 1)] * 65), "too_complex"),
        (box(b"iloc", bytes(6) + b"\xff\xff"), "too_complex"),
    ],
    ids=["in another item", "cut", "many pieces", "many items"],
)
def test_places_that_do_not_exist_are_refused(location: bytes, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        found(entries(b"av01"), location)

    assert caught.value.code == code


def test_exif_becomes_an_unknown_item() -> None:
    description = described(entries(b"av01", b"Exif"))

    assert description.as_decoders_like_it() == description.data.replace(b"Exif", b"skip")
    assert description.as_decoders_like_it() != description.data


def properties(*bodies: bytes, associations: bytes) -> bytes:
    """An ``iprp`` box of unnamed properties."""
    return box(b"iprp", box(b"ipco", b"".join(box(b"ispe", body) for body in bodies)) + associations)


def associated(*entries: tuple[int, list[int]], wide: bool = False) -> bytes:
    """An ``ipma`` box: for each item the numbers of its properties."""
    item, number = (">I", ">H") if wide else (">H", ">B")
    body = bytes([wide, 0, 0, wide]) + struct.pack(">I", len(entries))
    for name, numbers in entries:
        body += struct.pack(item, name) + bytes([len(numbers)])
        body += b"".join(struct.pack(number, value) for value in numbers)
    return box(b"ipma", body)


@pytest.mark.parametrize("wide", [False, True])
def test_an_item_has_the_properties_that_are_associated_with_it(wide: bool) -> None:
    essential = 0x8000 if wide else 0x80
    description = described(
        properties(b"a", b"b", associations=associated((1, [2]), (2, [essential | 1, 2, 0, 9]), wide=wide))
    )

    assert description.properties(1, b"ispe") == [b"b"]
    assert description.properties(2, b"ispe") == [b"a", b"b"]
    assert description.properties(2, b"pixi") == []
    assert description.properties(3, b"ispe") == []


def test_several_boxes_of_associations_become_one() -> None:
    apart = associated((1, [1])) + associated((2, [2]))
    after = box(b"free", b"abc")

    description = described(properties(b"a", b"b", associations=apart), after)
    joined = Description(description.as_decoders_like_it(), LENGTH)

    assert joined.data == described(properties(b"a", b"b", associations=associated((1, [1]), (2, [2]))), after).data


def test_boxes_of_associations_of_two_kinds_stay_apart() -> None:
    apart = associated((1, [1])) + associated((2, [2]), wide=True)

    description = described(properties(b"a", b"b", associations=apart))

    assert description.as_decoders_like_it() == description.data


def reference(kind: bytes, item: int, *others: int, wide: bool = False) -> bytes:
    numbers = ">I" if wide else ">H"
    body = struct.pack(numbers, item) + struct.pack(">H", len(others))
    return box(kind, body + b"".join(struct.pack(numbers, other) for other in others))


def auxiliary(*items: int, name: bytes = ALPHA) -> bytes:
    """The ``iprp`` box that says what auxiliary items are."""
    return box(
        b"iprp", box(b"ipco", box(b"auxC", bytes(4) + name + b"\0")) + associated(*((one, [1]) for one in items))
    )


@pytest.mark.parametrize("wide", [False, True])
def test_a_picture_is_made_of_its_tiles_and_its_alpha_and_theirs(wide: bool) -> None:
    primary = box(b"pitm", b"\1\0\0\0\0\0\0\5" if wide else b"\0\0\0\0\0\5")
    references: list[tuple[bytes, int, tuple[int, ...]]] = [
        (b"dimg", 5, (1, 2)),
        (b"auxl", 6, (5,)),
        (b"dimg", 6, (3, 4)),
        (b"thmb", 7, (5,)),
        (b"dimg", 8, (9,)),
    ]
    body = b"".join(reference(kind, item, *others, wide=wide) for kind, item, others in references)
    links = box(b"iref", bytes([wide, 0, 0, 0]) + body)

    for name in (ALPHA, b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:avc:2015:auxid:1"):
        assert described(primary, links, auxiliary(6, name=name)).parts() == {1, 2, 3, 4, 5, 6}
    for name in (b"urn:mpeg:hevc:2015:auxid:2", b"urn:com:apple:photo:2020:aux:hdrgainmap", b""):
        assert described(primary, links, auxiliary(6, name=name)).parts() == {1, 2, 5}
    assert described(primary, links).parts() == {1, 2, 5}


FIRST = box(b"pitm", b"\0\0\0\0\0\1")


def test_a_chain_of_many_items_is_followed_once() -> None:
    chain = [reference(b"dimg", item, item + 1) for item in range(1, 1000)]
    back = [reference(b"auxl", item, *range(1, 17)) for item in range(1, 1001)]
    description = described(FIRST, box(b"iref", bytes(4) + b"".join(chain + back)), auxiliary(*range(1, 1001)))

    assert within_time(1, description.parts) == set(range(1, 1001))


def test_more_items_than_any_picture_has_are_too_complex() -> None:
    chain = [reference(b"dimg", item, item + 1) for item in range(1, 10_000)]
    description = described(FIRST, box(b"iref", bytes(4) + b"".join(chain)))

    with pytest.raises(Rejected, match="too_complex"):
        within_time(1, description.parts)


def test_a_large_property_is_not_copied_for_each_item_that_has_it() -> None:
    shared = properties(b"a" * 900_000, associations=associated(*((item, [1] * 16) for item in range(1, 1001))))
    description = described(shared)

    def sides() -> int:
        return sum(len(description.properties(item, kind)) for item in range(1, 1001) for kind in (b"ispe", b"colr"))

    assert within_time(1, sides) == 16_000


def test_more_links_than_any_picture_has_are_too_complex() -> None:
    many = [(item, [1] * 16) for item in range(1, 1001)]
    back = [reference(b"auxl", item, *range(1, 17)) for item in range(1, 1002)]

    with pytest.raises(Rejected, match="too_complex"):
        described(properties(b"a", associations=associated(*many) + associated((1, [1])))).properties(1, b"ispe")
    with pytest.raises(Rejected, match="too_complex"):
        described(FIRST, box(b"iref", bytes(4) + b"".join(back))).parts()


def test_many_small_boxes_behind_a_large_one_are_read_in_place() -> None:
    many = box(b"free", bytes(800_000)) + box(b"iref", bytes(4) + reference(b"dimg", 1, 2) * 10_000)

    assert within_time(1, lambda: described(many).references(b"dimg")) == {1: [2] * 10_000}


def test_a_description_within_itself_may_be_used_once() -> None:
    inner = box(b"idat", bytes(600_000))
    once, twice = (located(*[(0, 600_000)] * times, version=1, method=1) for times in (1, 2))

    assert [len(piece) for (piece,) in found(entries(b"av01"), once, inner) if isinstance(piece, bytes)] == [600_000]
    with pytest.raises(Rejected, match="too_complex"):
        found(entries(b"av01"), twice, inner)


def test_two_boxes_of_places_are_damage() -> None:
    with pytest.raises(Rejected, match="truncated"):
        found(entries(b"av01"), located((0, 1)), located((0, 1)))


def test_a_file_has_to_say_which_of_its_items_is_the_picture() -> None:
    with pytest.raises(Rejected, match="truncated"):
        described(entries(b"av01")).parts()


def test_sizes_of_64_bits_and_sizes_that_are_left_open_are_read() -> None:
    body = bytes(4) + b"\0\0"
    wide = struct.pack(">I4sQ", 1, b"iinf", 16 + len(body)) + body
    open_ended = struct.pack(">I4s", 0, b"idat") + b"xyz"

    boxes = list(within(wide + open_ended, 0, len(wide + open_ended)))

    assert [(found.kind, found.body, found.stop) for found in boxes] == [(b"iinf", 16, 22), (b"idat", 30, 33)]


@pytest.mark.parametrize(
    "data",
    [struct.pack(">I4sQ", 1, b"free", 1 << 40), struct.pack(">I4sQ", 1, b"free", 15), struct.pack(">I4s", 1, b"free")],
    ids=["beyond the end", "smaller than itself", "cut"],
)
def test_sizes_of_64_bits_are_bounded_like_the_others(data: bytes) -> None:
    with pytest.raises(Rejected, match="truncated"):
        list(within(data, 0, len(data)))
