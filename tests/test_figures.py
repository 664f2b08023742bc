"""What README.md and the front page say in figures is what the measurements say, and what there is to count."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import median

import pytest

import django_avatars
from django_avatars import views
from django_avatars.conf import PALETTE
from django_avatars.imaging import budget, limits
from django_avatars.imaging.headers import jpeg
from django_avatars.providers.drawing import contrast
from tests.documents import ROOT, read

PAGES = ("README.md", "docs/index.md")
RESULTS = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
UPRIGHT = {"django_avatar", "easy_thumbnails", "imagekit", "pictures", "sorl_thumbnail", "versatileimagefield"}
"""The packages in the measurements that turn photos upright."""

WORDS = {5: "five", 11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen"}


SAID = {
    "docs/reference/settings.md": (
        f"more than {limits.MAX_MEMORY // 1024**2} MiB to decode",
        f"Who has waited for {budget.PATIENCE:g} seconds gets",
    ),
    "docs/reference/exceptions.md": (
        f"a side of {limits.MAX_SIDE:,} pixels, a ratio of the sides of {limits.MAX_RATIO}, {jpeg.MAX_SCANS} scans",
    ),
    "docs/reference/urls.md": (f"may be cached for {views.IMAGE_AGE} seconds",),
    "docs/how-to/visibility.md": (f"cache the response for {WORDS[views.IMAGE_AGE // 60]} minutes",),
    "docs/how-to/email.md": (f"may be cached for {WORDS[views.IMAGE_AGE // 60]} minutes",),
}
"""What pages say of limits that are in the code and in no setting."""


@pytest.mark.parametrize("page", SAID)
def test_a_page_says_the_limits_that_hold(page: str) -> None:
    assert [said for said in SAID[page] if said not in read(page)] == []


def _cpu(job: str, case: str, column: str) -> dict[str, float]:
    """CPU seconds of each package."""
    return {
        name: median(measured[column]) for name, measured in RESULTS["jobs"][job][case].items() if column in measured
    }


@pytest.mark.parametrize("page", PAGES)
def test_the_catalogues_and_english_are_the_languages(page: str) -> None:
    languages = len(list((Path(django_avatars.__path__[0]) / "locale").iterdir())) + 1

    assert re.findall(r"(\w+) languages", read(page)) == [WORDS[languages]]


@pytest.mark.parametrize("page", PAGES)
def test_a_large_photo_takes_less_than_a_tenth(page: str) -> None:
    cpu = _cpu("upload", "12 MP phone JPEG", "cpu")

    assert cpu["django_avatars"] < 0.1 * min(cpu[name] for name in UPRIGHT)
    assert (
        "A photo of twelve megapixels takes less than a tenth of the time that it takes the other packages that turn "
        "photos upright" in read(page)
    )


def test_a_picture_on_a_page_takes_less_than_a_tenth_of_that_of_django_avatar() -> None:
    cpu = _cpu("render", "1,000 uploaded", "warm")

    assert cpu["django_avatars"] < 0.1 * cpu["django_avatar"]
    assert "a picture on a page takes less than a tenth of what it takes django-avatar" in read("README.md")


def test_initials_have_the_contrast_that_is_said() -> None:
    least = min(contrast(color) for color in PALETTE)

    assert re.findall(r"a contrast of at least ([\d.]+):1", read("README.md")) == [f"{int(least * 10) / 10}"]


def test_the_comparison_is_with_the_versions_that_were_measured() -> None:
    versions = {name: number for each in RESULTS["run"]["versions"].values() for name, number in each.items()}
    names = ("django-avatar", "django-pictures", "easy-thumbnails", "sorl-thumbnail", "django-imagekit")
    shown = re.search(r"^\| \| django-avatars \|.*$", read("README.md"), re.MULTILINE)
    assert shown

    assert re.findall(r"\d+\.\d+", shown[0]) == [".".join(versions[name].split(".")[:2]) for name in names]
