"""Names that say which files exist, and nothing of the person."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_avatars import naming
from django_avatars.naming import StoredName, parse
from tests.app.models import Artist, Person, Profile, User

TOKEN = "abcdefghijklmnopqrstuvwx27"


def test_a_name_says_sizes_and_formats() -> None:
    assert parse(f"avatars/x/{TOKEN}_512-64_avif-jpg.webp") == StoredName(
        f"avatars/x/{TOKEN}", (512, 64), ("webp", "avif", "jpg")
    )


def test_a_master_has_neither() -> None:
    master = parse(f"profile_images/{TOKEN}")

    assert master == StoredName(f"profile_images/{TOKEN}")
    assert str(master) == f"profile_images/{TOKEN}"
    assert list(master.files()) == [f"profile_images/{TOKEN}"]
    assert master.file(64) == master.file(512, "webp") == str(master)
    assert master.nearest(64) == 0


@pytest.mark.parametrize(
    "name",
    [
        f"{TOKEN}_64.webp",
        f"a/{TOKEN}_64.png",
        f"a b/ü/{TOKEN}_9999-1.jpg",
        f"avatars/x/{TOKEN}_512-256-128-64.webp",
        f"avatars/x/{TOKEN}_512_avif-jpg-png.webp",
        TOKEN,
    ],
)
def test_names_are_read_and_written_the_same(name: str) -> None:
    assert str(parse(name)) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "avatars/default.png",
        f"../{TOKEN}_64.webp",
        f"a/./{TOKEN}_64.webp",
        f"a/../b/{TOKEN}_64.webp",
        f"/{TOKEN}_64.webp",
        f"a//{TOKEN}_64.webp",
        f"{TOKEN}_64.webp/",
        f"{TOKEN}_64.webp\n",
        f"{TOKEN}_64",
        f"{TOKEN}.webp",
        f"{TOKEN}_.webp",
        f"{TOKEN}_64.gif",
        f"{TOKEN}_64.WEBP",
        f"{TOKEN.upper()}_64.webp",
        f"{TOKEN[:-1]}_64.webp",
        f"x{TOKEN}_64.webp",
        f"{TOKEN[:-1]}1_64.webp",
        f"{TOKEN}_064.webp",
        f"{TOKEN}_0.webp",
        f"{TOKEN}_10000.webp",
        f"{TOKEN}_64-128.webp",
        f"{TOKEN}_64-64.webp",
        f"{TOKEN}_64_webp.webp",
        f"{TOKEN}_64_jpg-jpg.webp",
        f"{TOKEN}_64_exe.webp",
        f"{TOKEN}_64.webp.php",
        f"{TOKEN}_64_.webp",
    ],
)
def test_other_names_are_foreign(name: str) -> None:
    assert parse(name) is None


def test_the_files_of_a_picture_end_with_the_one_in_the_column() -> None:
    stored = StoredName(f"a/{TOKEN}", (128, 64), ("webp", "jpg"))

    assert list(stored.files()) == [
        f"a/{TOKEN}_64.jpg",
        f"a/{TOKEN}_128.jpg",
        f"a/{TOKEN}_64.webp",
        f"a/{TOKEN}_128-64_jpg.webp",
    ]


@pytest.mark.parametrize(("asked", "given"), [(1, 64), (64, 64), (65, 128), (128, 128), (129, 512), (4000, 512)])
def test_the_smallest_that_is_large_enough_serves(asked: int, given: int) -> None:
    name = f"a/{TOKEN}_512-128-64.webp"

    assert naming.rendition(name, asked) == (name if given == 512 else f"a/{TOKEN}_{given}.webp")


def test_a_foreign_name_serves_every_size() -> None:
    assert naming.rendition("defaults/flag.png", 64) == "defaults/flag.png"


def test_names_are_quoted_for_urls() -> None:
    assert naming.quoted("a b/ü#?.webp") == "a%20b/%C3%BC%23%3F.webp"


@given(
    folder=st.lists(st.text(st.characters(exclude_characters="/"), min_size=1).filter(lambda part: part.strip("."))),
    sizes=st.sets(st.integers(1, 9999), min_size=1, max_size=6),
    formats=st.lists(st.sampled_from(sorted(naming.CONTENT_TYPES)), min_size=1, unique=True),
)
def test_whatever_is_named_can_be_read(folder: list[str], sizes: set[int], formats: list[str]) -> None:
    name = naming.new_name("/".join(folder), sizes=tuple(sorted(sizes, reverse=True)), formats=tuple(formats))

    assert parse(str(name)) == name
    assert len(set(name.files())) == len(sizes) * len(formats)
    assert all(file.startswith(f"{name.base}_") for file in name.files())


def test_tokens_are_never_used_twice() -> None:
    tokens = {naming.new_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert all(re.fullmatch("[a-z2-7]{26}", token) for token in tokens)


def test_a_token_tells_whether_it_begins_with_where_the_picture_came_from() -> None:
    (origin,) = naming.origins_of("ldap", b"jane")

    for _ in range(100):
        told, random = naming.new_token(origin), naming.new_token()
        assert re.fullmatch("[a-z2-7]{26}", told)
        assert naming.origin_of(told) == origin
        assert naming.origin_of(random) == ""


@pytest.mark.parametrize("source", ["", "ldap"])
def test_a_token_that_continues_another_begins_like_that_and_says_so(source: str) -> None:
    origin = naming.origins_of(source, b"jane")[0] if source else ""

    for _ in range(100):
        first = naming.new_name("avatars", origin=origin, sizes=(64,), formats=("webp",))
        second = naming.new_name("avatars", continues=first.token)
        third = naming.new_name("avatars", continues=second.token)
        other = naming.new_name("avatars", origin=origin)
        assert all(re.fullmatch("[a-z2-7]{26}", one.token) for one in (second, third))
        assert len({first.token, second.token, third.token}) == 3
        assert first.family == second.family == third.family != other.family
        assert [one.token[-1] in naming.CONTINUED for one in (first, second, third, other)] == [
            False,
            True,
            True,
            False,
        ]
        assert {naming.origin_of(one.token) for one in (first, second, third, other)} == {origin}
        assert naming.is_same(str(first), str(third))
        assert not naming.is_same(str(first), str(other))


@pytest.mark.parametrize(("one", "other"), [("people/nobody.png", "people/somebody.png"), ("people/nobody.png", "")])
def test_foreign_names_are_of_one_picture_only_where_they_are_equal(one: str, other: str) -> None:
    assert naming.is_same(one, one)
    assert not naming.is_same(one, other)


def test_a_name_in_the_root_has_no_folder() -> None:
    assert "/" not in str(naming.new_name(""))


# Upload paths


def test_the_folder_of_a_row_is_the_same_each_time_and_says_nothing() -> None:
    artist = Artist(id=UUID(int=7))

    folder = naming.per_user(artist, "me.jpg")

    assert folder == naming.per_user(Artist(id=UUID(int=7)), "me.jpg")
    assert re.fullmatch("avatars/[a-z2-7]{8}/me.jpg", folder)
    assert folder != naming.per_user(Artist(id=UUID(int=8)), "me.jpg")
    assert folder != naming.per_user(Profile(pk=str(UUID(int=7))), "me.jpg")


def test_a_row_without_a_key_gets_a_folder_of_its_own() -> None:
    assert naming.per_user(Profile(), "x") != naming.per_user(Profile(), "x")
    assert re.fullmatch("avatars/[a-z2-7]{8}/x", naming.per_user(Profile(), "x"))


def test_a_key_of_zero_is_a_key() -> None:
    assert naming.per_user(Profile(pk=0), "x") == naming.per_user(Profile(pk=0), "x")


def test_the_user_name_is_in_the_path_where_the_host_asks_for_it() -> None:
    assert naming.by_username(Person(username="Jane"), "x.jpg") == "avatars/jane/x.jpg"
    assert naming.by_username(Profile(user=User(username="Zoë_Ångström")), "x.jpg") == "avatars/zoe_angstrom/x.jpg"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Jane", "jane"),
        ("jane.doe+x@example.com", "jane-doe-x-example-com"),
        ("../../etc/passwd", "etc-passwd"),
        ("ＡＢＣ", "abc"),
        ("a" * 100, "a" * 64),
        ("--x--", "x"),
    ],
)
def test_names_are_folded(text: str, folded: str) -> None:
    assert naming.fold(text) == folded


@pytest.mark.parametrize("text", ["山田", "", "...", "\ud800", "🙂"])
def test_names_without_latin_letters_become_short_hashes(text: str) -> None:
    assert re.fullmatch("[a-z2-7]{8}", naming.fold(text))
    assert naming.fold(text) == naming.fold(text)


def test_different_names_without_latin_letters_stay_different() -> None:
    assert naming.fold("山田") != naming.fold("鈴木")


@given(st.text())
def test_a_folded_name_is_one_safe_folder(text: str) -> None:
    assert re.fullmatch("[a-z0-9_-]{1,64}", naming.fold(text))


def test_upload_paths_say_where_the_sweep_looks() -> None:
    paths: list[Any] = [naming.per_user, naming.by_username]
    subject: Any = SimpleNamespace(pk=1, _meta=Profile._meta, get_username=lambda: "jane")

    for path in paths:
        assert path.prefix == "avatars/"
        assert path(subject, "x").startswith(path.prefix)
