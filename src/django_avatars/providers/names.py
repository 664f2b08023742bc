"""
What somebody is called, and the one or two letters that stand for it.

`initials` follows how names are written, not how strings are sliced: it sees grapheme
clusters, scripts, titles, "Doe, Jane" and e-mail addresses. The rules were collected from the
bug lists of other avatar generators; each has a test of its own.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.utils.module_loading import import_string

from ..conf import get_settings

MAX_LENGTH = 256
"""Characters of a name that are looked at, so that a name of any length takes bounded time and memory."""

MAX_CLUSTER = 12
"""Code points of a grapheme cluster that are kept. The longest emoji sequence in use has ten."""

MAX_MARKS = 3
"""Marks kept on one letter. Vietnamese and Hebrew need two, "zalgo" text stacks dozens."""

HONORIFICS = frozenset(
    "dame dipl-ing dipl dott dottssa dr dr-ing dra frau habil hc herr hr ing lic mag med miss mlle mme mr mrs ms mult"
    " mx nat phil prof profa professor rer rev sig sir sr sra srta δρ κα г-жа г-н д-р проф"
    " د أد دكتور دكتورة الدكتور الدكتورة الأستاذ الأستاذة דר גב גברת מר פרופ डॉ श्री श्रीमती".split()
)
"""Titles before a name, without dots and quotation marks. "Don", "Lady", "Pan" and the like are names, too."""

SUFFIXES = frozenset("bsc cpa dds dphil dvm esq ii iii iv jnr jr llm mba md msc phd rn snr sr vii viii".split())
"""What follows a name, without dots. "MA" and "BA" are family names too, so they are not here."""

PARTICLES = frozenset("bin bint binti de del della der ibn la las van von zu zum zur".split())
"""Words inside family names that never give the second letter. "Da", "Di" and "Le" are family names too."""

PAIRED_SCRIPTS = ("LATIN ", "CYRILLIC ", "GREEK ", "ARMENIAN ", "DIGIT ")
"""How `unicodedata.name` starts where two letters read as two initials; elsewhere they join or make another word."""

ASIDE = re.compile(
    r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>"
    r"|\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|«[^»]*»"
    r"|(?<!\S)['‘][^'’]*['’](?!\S)"
)
"""What stands in brackets or quotation marks: pronouns, nicknames, an address."""

ARTICLE = re.compile(r"(?:(?:al|el)-|[dl]['’])(?=\w)")
"""An article written onto the family name, in lowercase: al-Rashid, d'Artagnan."""

EMOJI = re.compile("[\u2194\u2195\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
"""Where emoji live; Python does not know the property itself."""

_SIGNS = str.maketrans("", "", ".'\"\u05f3\u05f4")  # of abbreviations; Hebrew has marks of its own
ZWNJ, ZWJ = "\u200c", "\u200d"
_BLANK_LETTERS = "\u115f\u1160\u3164\uffa0"  # Hangul fillers: letters for Unicode, nothing for the eye
_LEADING_VOWELS = "\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4"  # written before their consonant
_CONJUNCT_LINKERS = "\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u1039\u17d2"  # Unicode 16, UAX 29 rule GB9c
_THAI_AM, _LAO_AM = "\u0e33", "\u0eb3"  # one sign to readers, which NFKC takes apart
_VIRAMA = 9  # canonical combining class
_SAYS_NOTHING: Any = Model.__str__  # "Profile object (1)"


class DisplayName(str):
    """What `display_name` has answered: asked again, it is the same."""

    __slots__ = ()


def display_name(person: Any) -> str:
    """
    What `person` is called in labels: ``AVATARS["NAME"]``, else full name, username, e-mail address.

    Never a whole e-mail address: only the part before the @ is shown, wherever the address came
    from. An object that is no user is its ``str()``. "" when there is nothing to call it. The setting
    is asked about users alone: not about strangers, texts, or rows such as a team.
    """
    if type(person) is DisplayName:
        return person
    hook = get_settings().name
    is_asked = hook and getattr(person, "is_authenticated", False)
    name = _imported(hook)(person) if hook and is_asked else _own_name(person)
    return _before_at(str(name or "").strip())


def initials(name: str, *, language: str | None = None) -> str:
    """
    The one or two upper-case letters, or the one character or emoji, that stand for `name`.

    `language` is a language code; it matters for Turkish and Azerbaijani, whose i becomes İ.
    "" when nothing in the name is usable: draw a person instead. Answers are cached.
    """
    turkic = language is not None and language.partition("-")[0] in ("tr", "az")
    return _initials(name[:MAX_LENGTH], turkic)


def first_cluster(text: str) -> str:
    """
    The first user-perceived character of `text`: a letter with its marks, an emoji sequence, a conjunct.

    Follows UAX 29 where names need it. At most `MAX_CLUSTER` code points and `MAX_MARKS` marks in a row.
    """
    size, marks = 1, 0
    while size < min(len(text), MAX_CLUSTER) and marks <= MAX_MARKS and _continues(text, size):
        marks = marks + 1 if unicodedata.category(text[size])[0] == "M" else 0
        size += 1
    if marks > MAX_MARKS:
        size -= 1
    return text[:size].rstrip(ZWNJ + ZWJ)


@functools.lru_cache(maxsize=4096)
def _initials(name: str, turkic: bool) -> str:
    text = _visible(name)
    words = _words(text)
    if not words:
        emoji = EMOJI.search(text)
        return first_cluster(text[emoji.start() :]) if emoji else ""
    first, last = _letter(words[0]), _letter(_family_name(words[1:]))
    if not _is_paired(first):
        return first
    return _upper(first, turkic) + (_upper(last, turkic) if _is_paired(last) else "")


def _visible(name: str) -> str:
    """`name` in compatibility form, one kind of space, and nothing that is invisible, reordering or unassigned."""
    if name.isascii() and name.isprintable():
        return name  # the rest takes as long as everything else together
    text = unicodedata.normalize("NFKC", name)[:MAX_LENGTH]
    text = text.replace("\u0e4d\u0e32", _THAI_AM).replace("\u0ecd\u0eb2", _LAO_AM)
    return "".join(" " if char.isspace() else char for char in text if char.isspace() or _is_visible(char))


def _is_visible(char: str) -> bool:
    if char in (ZWNJ, ZWJ):
        return True  # they hold emoji and conjuncts together
    return unicodedata.category(char)[0] != "C" and char not in _BLANK_LETTERS


def _words(text: str) -> list[str]:
    """The words of a name that have a letter or digit, given name first, without titles."""
    for candidate in (_without_asides(text), text.strip(" <>")):
        words = [word for word in _in_spoken_order(candidate.strip().lstrip("@")) if _letter(word)]
        if words:
            return _without_titles(words)
    return []


def _without_asides(text: str) -> str:
    """`text` without what is bracketed or quoted, from the inside out."""
    while (shorter := ASIDE.sub(" ", text)) != text:
        text = shorter
    return text


def _in_spoken_order(text: str) -> list[str]:
    if not re.search(r"[\s,،、]", text):
        return _handle_words(text)
    text = re.sub(r"(?<=\w\w)\.(?=\w\w)", ". ", text)  # Dr.Jane Doe
    parts = [part.split() for part in re.split("[,،、]", text)]
    names = [part for part in parts if not all(_plain(word) in SUFFIXES for word in part)]
    return [word for part in (*names[1:2], *names[:1]) for word in part] or text.replace(",", " ").split()


def _handle_words(handle: str) -> list[str]:
    """The words of a username or an e-mail address: jane.doe+news@example.com, jane_doe42."""
    local = _before_at(handle)
    local = local.rstrip("0123456789") or local
    return re.split(r"[._-]" if local.islower() else r"[._]", local)


def _before_at(name: str) -> str:
    if "@" in name and not re.search(r"\s", name):
        local = name.lstrip("@").partition("@")[0]
        return local.partition("+")[0] or local
    return name


def _without_titles(words: list[str]) -> list[str]:
    while len(words) > 1 and _plain(words[0]) in HONORIFICS:
        words = words[1:]
    while len(words) > 1 and _plain(words[-1]) in SUFFIXES:
        words = words[:-1]
    return words


def _plain(word: str) -> str:
    return word.translate(_SIGNS).casefold()


def _family_name(words: list[str]) -> str:
    """The last of `words` that is no particle, without its article; "" if there is none."""
    for word in reversed(words):
        if _plain(word) not in PARTICLES:
            return ARTICLE.sub("", word, count=1) if ARTICLE.match(word) else word
    return ""


def _letter(word: str) -> str:
    """The first cluster of `word` that starts with a letter or digit, or ""."""
    for position, char in enumerate(word):
        if unicodedata.category(char) in ("Lu", "Ll", "Lt", "Lo", "Nd") and char not in _LEADING_VOWELS:
            return first_cluster(word[position:])
    return ""


def _is_paired(cluster: str) -> bool:
    return unicodedata.name(cluster[:1] or " ", "").startswith(PAIRED_SCRIPTS)


def _upper(cluster: str, turkic: bool) -> str:
    """Capital form, where it has as many code points: ß stays, since SS would be two letters."""
    upper = (cluster.replace("i", "İ") if turkic else cluster).upper()
    return upper if len(upper) == len(cluster) else cluster


def _continues(text: str, position: int) -> bool:
    """Whether the character at `position` belongs to the cluster of the one before it."""
    before, here = text[position - 1], text[position]
    if _is_extender(here) or (before == ZWJ and EMOJI.match(here)):
        return True
    if before in _CONJUNCT_LINKERS or (before == ZWJ and unicodedata.combining(text[position - 2]) == _VIRAMA):
        return unicodedata.category(here) == "Lo"
    return position == 1 and _is_regional(before) and _is_regional(here)


def _is_extender(char: str) -> bool:
    """Marks, joiners, skin tones, and the vowels and finals of old Hangul."""
    if char in (ZWNJ, ZWJ, _THAI_AM, _LAO_AM) or unicodedata.category(char)[0] == "M":
        return True
    return "\U0001f3fb" <= char <= "\U0001f3ff" or "\u1161" <= char <= "\u11ff"


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _own_name(person: Any) -> str:
    if not hasattr(person, "get_username"):
        return _text_of(person)
    full_name = person.get_full_name() if hasattr(person, "get_full_name") else ""
    return (
        str(full_name or "").strip()
        or person.get_username()
        or getattr(person, getattr(person, "EMAIL_FIELD", "email"), "")
    )


def _text_of(thing: Any) -> str:
    """``str(thing)``, unless that is no name: None, or a model that does not say what its rows are called."""
    if thing is None or type(thing).__str__ is _SAYS_NOTHING:
        return ""
    return str(thing)


@functools.cache
def _imported(path: str) -> Callable[[Any], Any]:
    function: Callable[[Any], Any] = import_string(path)
    return function
