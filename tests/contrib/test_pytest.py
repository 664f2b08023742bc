"""The fixture for projects that test with pytest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django_avatars.contrib.pytest import person_with_picture as person_with_picture
from tests.storing import on_disk


def test_somebody_has_a_picture_in_a_folder_of_the_test(person_with_picture: Any, tmp_path: Path) -> None:
    assert person_with_picture.profile.profile_pic.sizes == (256, 128, 64)
    assert len(on_disk(tmp_path / "pictures")) == 3
