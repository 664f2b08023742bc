"""One dict of settings, read at the time of use."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from django_avatars import conf, naming
from django_avatars.conf import MAX_PIXELS, QUALITY, RULES, Settings, get_settings
from django_avatars.imaging import formats

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings as HostSettings


def test_every_key_has_a_default(settings: HostSettings) -> None:
    settings.AVATARS = {}

    assert get_settings() == Settings()
    assert set(RULES) == {field.name.upper() for field in dataclasses.fields(Settings)}


def test_none_given_is_all_defaults(settings: HostSettings) -> None:
    settings.AVATARS = None

    assert get_settings() == Settings()


def test_defaults_are_those_of_the_contract() -> None:
    ours = Settings()

    assert (ours.field, ours.storage, ours.sizes) == (None, "default", (512, 256, 128, 64))
    assert (ours.output_formats, ours.input_formats) == (("webp",), ("JPEG", "PNG", "WEBP", "GIF"))
    assert (ours.max_bytes, ours.name) == (10 * 1024 * 1024, None)
    assert ours.providers == ("django_avatars.providers.uploaded", "django_avatars.providers.initials")


def test_settings_follow_what_is_overridden(settings: HostSettings) -> None:
    settings.AVATARS = {"MAX_BYTES": 5}
    assert get_settings().max_bytes == 5

    settings.AVATARS = {"MAX_BYTES": 6}
    assert get_settings().max_bytes == 6
    assert get_settings() is get_settings()


def test_other_settings_leave_them_cached(settings: HostSettings) -> None:
    before = get_settings()

    settings.TIME_ZONE = "Europe/Vienna"

    assert get_settings() is before


def test_lists_become_tuples(settings: HostSettings) -> None:
    settings.AVATARS = {
        "OUTPUT_FORMATS": ["jpg", "webp"],
        "INPUT_FORMATS": ["PNG"],
        "PROVIDERS": ["x.y"],
        "PALETTE": ["#000000"],
    }

    ours = get_settings()

    assert (ours.output_formats, ours.input_formats) == (("jpg", "webp"), ("PNG",))
    assert (ours.providers, ours.palette) == (("x.y",), ("#000000",))


def test_sizes_are_sorted_and_unique(settings: HostSettings) -> None:
    settings.AVATARS = {"SIZES": [64, 256, 64, 128]}

    assert get_settings().sizes == (256, 128, 64)


@pytest.mark.parametrize(
    ("key", "name", "given", "defaults"),
    [("QUALITY", "quality", {"jpg": 1}, QUALITY), ("MAX_PIXELS", "max_pixels", {"PNG": 1}, MAX_PIXELS)],
)
def test_what_a_mapping_does_not_name_keeps_its_default(
    settings: HostSettings, key: str, name: str, given: dict[str, int], defaults: dict[str, int]
) -> None:
    settings.AVATARS = {key: given}

    assert getattr(get_settings(), name) == {**defaults, **given}
    assert given != defaults


def test_unknown_keys_are_left_to_the_checks(settings: HostSettings) -> None:
    settings.AVATARS = {"SIZE": 5, "max_bytes": 7}

    assert get_settings() == Settings()


def test_the_formats_to_choose_from_are_those_that_can_be_read_and_written() -> None:
    assert tuple(formats.INPUT_FORMATS) == conf.INPUT_FORMATS
    assert set(conf.OUTPUT_FORMATS) == naming.CONTENT_TYPES.keys()


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        get_settings().max_bytes = 1  # type: ignore[misc]
