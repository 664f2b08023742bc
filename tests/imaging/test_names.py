"""Which names of uploads are refused. Nothing is stored under any of them."""

from __future__ import annotations

import pytest

from django_avatars.imaging.limits import DANGEROUS, DOMAINS, check_name
from django_avatars.imaging.rejected import Rejected

CUT_AWAY = [
    "", ".", " ", "...", "/", "\\", "/.", "~", "_", "_large", "_large2", "_large (1)", " (1)", " 2", "\t", "\n",
    "\u00a0", "\u200b", "?x=1", "?x.jpg", "?.jpg", "#.jpg", "#x", ";.jpg", ";v=1.jpg", "::$DATA", ":a.jpg",
    ":Zone.Identifier", "\0.jpg", "%00.jpg", "%20", "%0a.jpg",
]  # fmt: skip
"""What follows an ending and is gone where the name is used."""

KEPT = [".jpg", ".png", ".jpg?x=1", "-edit", " holiday", " логотип", ".heic (1)", "'s photo", ".bak"]
"""What makes another ending of it, or none."""


def is_refused(name: str | None) -> bool:
    try:
        check_name(name)
    except Rejected as refusal:
        assert refusal.code == "extension_not_allowed"  # noqa: PT017
        return True
    return False


@pytest.mark.parametrize("added", CUT_AWAY)
def test_no_dangerous_ending_hides_behind_what_is_cut_away(added: str) -> None:
    assert [ending for ending in sorted(DANGEROUS) if not is_refused(f"a.{ending}{added}")] == []
    assert [ending for ending in sorted(DANGEROUS) if not is_refused(f"a.jpg.{ending.upper()}{added}")] == []


@pytest.mark.parametrize("added", KEPT)
def test_an_ending_is_not_dangerous_before_another_one(added: str) -> None:
    assert [ending for ending in sorted(DANGEROUS) if is_refused(f"a.{ending}{added}")] == []


@pytest.mark.parametrize(
    "name",
    [
        ".htaccess", ".user.ini", "a.jpg?.php", "a.jpg?x=1.svg", "a.jpg;.exe", "dir.jpg/a.phtml", "dir\\a.exe",
        "a.jpg\0", "\0", "shell.sh", "a.jpg.py", "www.shell.php", "me@shell.php", "a.jpg.\u202egpj.exe",
    ],
)  # fmt: skip
def test_a_name_that_ends_dangerously_is_refused(name: str) -> None:
    assert is_refused(name)


@pytest.mark.parametrize(
    "name",
    [
        None, "", "noextension", "IMG_0001.HEIC", "photo.jpg?sz=50", "me.jpg_large", "avatar.jpg:large", "a.jpg.",
        "scan.pdf", "facebook.com", "www.onet.pl", "photo-www.allegro.pl", "me@site.app", "me@site.sh", "team v2.app",
        "Acme.Inc", "Acme Inc.", "St. Pl", "Dr. Sh", "J.S.", "Bild 12.03.2024 um 10.15.jpg", "user.js.png",
        "node.js logo.jpg", "node.js logo", "dir.php/photo", "../../etc/passwd.jpg", "C:\\fakepath\\me.jpg", "a.php77",
        "100%.jpg", "#1.jpg",
    ],
)  # fmt: skip
def test_a_harmless_name_is_taken(name: str | None) -> None:
    assert not is_refused(name)


def test_every_domain_among_the_dangerous_endings_is_one_of_them() -> None:
    assert DOMAINS < DANGEROUS


def test_a_long_name_takes_no_time() -> None:
    for name in ("." * 100_000, ".php_" + "1" * 100_000 + "x", ".php" * 30_000, ".php " * 30_000 + "x"):
        is_refused(name)
