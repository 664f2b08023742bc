from __future__ import annotations

import pytest

from django_avatars.providers.gravatar import gravatar_url, libravatar_url, srcset

JANE = "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d"
"""sha256 of jane.doe@example.com"""


def test_an_address_is_trimmed_lowered_and_hashed() -> None:
    assert gravatar_url(" Jane.Doe@Example.COM\n", 48, {}) == f"https://gravatar.com/avatar/{JANE}?s=48"
    assert libravatar_url(" Jane.Doe@Example.COM\n", 48, {}) == f"https://seccdn.libravatar.org/avatar/{JANE}?s=48"


def test_options_are_encoded_and_cannot_change_the_size() -> None:
    options = {"d": "https://example.com/a b.png?x=1&y=2", "r": "pg", "s": "9999", "size": "9999"}

    assert gravatar_url("jane.doe@example.com", 48, options) == (
        f"https://gravatar.com/avatar/{JANE}?s=48&d=https%3A%2F%2Fexample.com%2Fa+b.png%3Fx%3D1%26y%3D2&r=pg"
    )


@pytest.mark.parametrize("email", ["", " ", "\n"])
def test_without_an_address_there_is_no_picture(email: str) -> None:
    assert gravatar_url(email, 48, {}) is None
    assert libravatar_url(email, 48, {}) is None
    assert srcset(gravatar_url, email, 48, {}) == ""


def test_an_address_that_is_no_text_a_computer_can_store_still_has_a_hash() -> None:
    assert gravatar_url("\ud800@example.com", 48, {})


def test_nobody_is_asked_for_more_pixels_than_there_are() -> None:
    assert gravatar_url("jane.doe@example.com", 5000, {}) == f"https://gravatar.com/avatar/{JANE}?s=2048"
    assert libravatar_url("jane.doe@example.com", 5000, {}) == f"https://seccdn.libravatar.org/avatar/{JANE}?s=512"


def test_dense_screens_get_larger_pictures() -> None:
    assert srcset(gravatar_url, "jane.doe@example.com", 48, {"d": "mp"}) == (
        f"https://gravatar.com/avatar/{JANE}?s=96&d=mp 2x, https://gravatar.com/avatar/{JANE}?s=144&d=mp 3x"
    )


def test_a_density_that_adds_nothing_is_left_out() -> None:
    address = f"https://seccdn.libravatar.org/avatar/{JANE}?s=512"

    assert srcset(libravatar_url, "jane.doe@example.com", 300, {}) == f"{address} 2x"
    assert srcset(libravatar_url, "jane.doe@example.com", 512, {}) == ""
