"""What is looked at whenever a file has been sent, whichever door it went through."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from django.test import Client

from django_avatars import naming
from tests.app.models import Profile
from tests.pictures import Case
from tests.storing import files_of, on_disk
from tests.timing import within

from .conftest import Ear
from .inspection import assert_bare, opened

Door = Callable[[Profile, bytes, str, Client], "str | None"]

SECONDS = 1.0
"""That a refusal may cost; a picture 1.5."""

LOG_BYTES = 2048

CLEANED = {"a.php\0.jpg", "a.jpg\0"}
"""Django takes what cannot be printed out of the name of an upload, so that these arrive as ordinary ones."""

UNREADABLE = {"\udcff.jpg"}
"""Django reads no header that is not UTF-8: a part that is called so is no file."""

built = functools.cache(lambda case: case.build())
"""The file of a case, made once for all doors."""


def assert_refused(
    case: Case, door: Door, pictured: Profile, visitor: Client, *, media: Path, ear: Ear, temporary: Path
) -> None:
    """Assert that the file is refused with its code, within a second, and that nothing is other than before."""
    data, row = built(case), Profile.objects.values().get()
    files = {name: (media / name).read_bytes() for name in on_disk(media)}
    url = pictured.profile_pic.url

    code = within(SECONDS, lambda: door(pictured, data, case.name, visitor))

    assert code == case.code
    assert Profile.objects.values().get() == row
    assert {name: (media / name).read_bytes() for name in on_disk(media)} == files
    assert Profile.objects.get().profile_pic.url == url
    assert ear.signals == []
    assert_quiet(case, ear, temporary)


def assert_accepted(
    case: Case, door: Door, pictured: Profile, visitor: Client, *, media: Path, ear: Ear, temporary: Path
) -> None:
    """Assert that the file becomes a new picture, which is its pixels and nothing else."""
    data, old = built(case), pictured.profile_pic.name

    assert within(SECONDS + 0.5, lambda: door(pictured, data, case.name, visitor)) is None

    name = Profile.objects.get().profile_pic.name
    assert naming.parse(name or "")
    assert name != old
    assert on_disk(media) >= files_of(name)
    for file in files_of(name):
        stored = (media / file).read_bytes()
        assert_bare(stored, "webp")
        image = opened(stored)
        assert image.width == image.height
        assert image.mode == "RGB"
    assert_quiet(case, ear, temporary)


def assert_quiet(case: Case, ear: Ear, temporary: Path) -> None:
    """Assert that the log is short and knows no file name, and that no temporary file is left."""
    assert len(ear.log.encode("utf-8", "replace")) <= LOG_BYTES
    assert not case.name or case.name not in ear.log
    assert on_disk(temporary) == set()
