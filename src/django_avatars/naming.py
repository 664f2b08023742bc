"""
Stored names. One string in one column says which files exist, so that nothing has to look.

::

    avatars/<owner>/<token>_512-256-128-64.webp      the column: the largest, in the first format
    avatars/<owner>/<token>_64.webp                  another size beside it
    avatars/<owner>/<token>_64.avif                  another format beside it
    avatars/<owner>/<token>_512-256-128-64_src.webp  "src": there is a source as well, see ``KEEP_SOURCE``
    avatars/<owner>/<token>_src-<secret>.webp        the source; the secret follows from the token and SECRET_KEY
    avatars/<owner>/<token>_512-256-128-64_anim.webp "anim": it moves in one more file, see ``ANIMATION``
    avatars/<owner>/<token>_anim.webp                that file
    profile_images/<token>                           a single master: the storage resizes by URL
    avatars-gallery/<hash>_512-256-128-64.webp       a ready picture, which all who choose it share

The token is 16 random bytes and is used once, ever: files are immutable, may be cached for a
year, and deleting an old name can never hit a new file. Renditions that are made anew get a token that begins as the
one before, so that what is left under that is found. A name that does not parse is
*foreign* (a default, an old ImageField's file): it is shown, and never deleted. The token of a ready picture is a
hash of what it was made of: it is never deleted either.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import re
import secrets
import unicodedata
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.encoding import filepath_to_uri

if TYPE_CHECKING:
    from django.db import models

_BASE = r"(?P<base>(?:[^/]+/)*(?P<token>[a-z2-7]{26}))"
_ENDING = (
    r"(?:_(?:src-(?P<secret>[a-z2-7]{26})|anim)\.webp|_(?P<sizes>[1-9][0-9]{0,3}(?:-[1-9][0-9]{0,3})*)"
    r"(?:_(?P<also>[a-z]{3,4}(?:-[a-z]{3,4})*))?"
    r"\.(?P<ext>webp|avif|jpg|png))?"
)

GRAMMAR = re.compile(_BASE + _ENDING)
"""The names we make, and the only ones we ever delete."""

_starts, _ends, _is_url = (re.compile(part) for part in (_BASE, _ENDING, "[A-Za-z0-9/_.~-]*"))
# Pages read thousands of names that start differently and end alike, so the end is read once.

CONTENT_TYPES = {"webp": "image/webp", "avif": "image/avif", "jpg": "image/jpeg", "png": "image/png"}
"""What each extension of ours is served as."""

SOURCE = "src"
"""What a name says among its formats when the whole picture is kept as well."""

ANIMATION = "anim"
"""What a name says among its formats when there is a file that moves, too. In front of `SOURCE`."""

GALLERY = "avatars-gallery"
"""The folder of ready pictures."""

CONTENT = 16
"""Characters of a ready picture's token that say what it was made of: 80 bits; the others say how."""

ORIGIN = 16
"""Characters of a token that say where the picture came from: half of them its source, the others its bytes."""

FAMILY = 20
"""Characters that the tokens of one picture have in common, before and after its renditions were made anew."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_HAS_ORIGIN, _CONTINUES = 1, 2
# The last character of 16 bytes carries 3 bits. The two that are left say what the token begins with.

CONTINUED = "".join(letter for number, letter in enumerate(_LETTERS) if number & _CONTINUES)
"""What the token ends with of a picture that had another name of its family, whose files may still be there."""


@dataclasses.dataclass(frozen=True, slots=True)
class StoredName:
    """A picture as its name describes it."""

    base: str
    """Folder and token: what all files of one picture start with."""
    sizes: tuple[int, ...] = ()
    """Sides of the renditions that exist, in pixels, descending. Empty for a single master."""
    formats: tuple[str, ...] = ()
    """Extensions that exist for every size, the first one first. Empty for a single master."""
    has_source: bool = False
    """Whether the whole picture is kept too, for another crop."""
    has_animation: bool = False
    """Whether the picture moves, in a file beside the still ones."""

    def __str__(self) -> str:
        if not self.sizes:
            return self.base
        sizes = "-".join(map(str, self.sizes))
        more = ((ANIMATION, self.has_animation), (SOURCE, self.has_source))
        others = [*self.formats[1:], *(kind for kind, is_there in more if is_there)]
        also = "_" + "-".join(others) if others else ""
        return f"{self.base}_{sizes}{also}.{self.formats[0]}"

    @property
    def token(self) -> str:
        """The last part of `base`, which tells this picture from every other."""
        return self.base.rpartition("/")[2]

    @property
    def family(self) -> str:
        """What all names start with that this picture has, or has had: `avatars_rebuild` and tasks give it another."""
        return self.base[: FAMILY - len(self.token)]

    @property
    def is_ready(self) -> bool:
        """Whether this is a ready picture, which is shared by all who have chosen it and never deleted."""
        return self.base.startswith(f"{GALLERY}/")

    def file(self, size: int, extension: str | None = None) -> str:
        """Name of the file with exactly this size; the largest in the first format is the name itself."""
        if not self.sizes:
            return self.base
        if extension == SOURCE:
            return self.source
        if extension == ANIMATION:
            return self.animation
        extension = extension or self.formats[0]
        if size == self.sizes[0] and extension == self.formats[0]:
            return str(self)
        return f"{self.base}_{size}.{extension}"

    @property
    def animation(self) -> str:
        """Name of the file that moves."""
        return f"{self.base}_{ANIMATION}.webp"

    @property
    def source(self) -> str:
        """
        Name of the file with the whole picture.

        Whoever sees a rendition knows the token, and must not see from it what was cropped out: so
        the name has a part that only the server can tell.
        """
        return self.sources[0]

    @property
    def sources(self) -> tuple[str, ...]:
        """`source`, and what it was called under each key of ``SECRET_KEY_FALLBACKS``."""
        return tuple(map(self._source, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]))

    def _source(self, key: str | bytes) -> str:
        secret = salted_hmac("django_avatars.source", self.token, secret=key, algorithm="sha256").digest()[:16]
        return f"{self.base}_{SOURCE}-{_base32(secret)}.webp"

    def nearest(self, size: int) -> int:
        """The smallest size that is at least `size` pixels, else the largest. 0 for a single master."""
        for candidate in reversed(self.sizes):
            if candidate >= size:
                return candidate
        return self.sizes[0] if self.sizes else 0

    def files(self) -> list[str]:
        """Every file of this picture, the one in the column last, so that an interrupted delete can be seen."""
        beside = [*(self.sources if self.has_source else ()), *([self.animation] if self.has_animation else ())]
        files = [f"{self.base}_{size}.{ext}" for ext in reversed(self.formats) for size in reversed(self.sizes)]
        return [*beside, *files[:-1], str(self)]


@functools.lru_cache(maxsize=4096)
def parse(name: str) -> StoredName | None:
    """Read a stored name. None means that the name is foreign: not of our making."""
    base, ending = divide(name)
    described = _described(ending) if base else None
    return StoredName(base, *described) if described else None


def formats(name: str) -> tuple[str, ...]:
    """Extensions that the picture is stored in, the first one first; none of a foreign name and of a single master."""
    base, ending = divide(name)
    described = _described(ending) if base else None
    return described[1] if described else ()


def divide(name: str) -> tuple[str, str]:
    """What all files of the picture start with, and the rest of a stored name; the first is "" for a foreign one."""
    match = _starts.match(name)
    base = match[0] if match else ""
    ending = name[len(base) :]
    if "./" in base and not {".", ".."}.isdisjoint(base.split("/")):
        return "", name
    return (base, ending) if _described(ending) else ("", name)


@functools.lru_cache(maxsize=1024)
def _described(ending: str) -> tuple[tuple[int, ...], tuple[str, ...], bool, bool] | None:
    """Sizes, formats, whether there is a source, and an animation, of pictures whose names end like this."""
    match = _ends.fullmatch(ending)
    if match is None:
        return None
    if match["sizes"] is None:
        return (), (), False, False
    sizes = tuple(map(int, match["sizes"].split("-")))
    others = match["also"].split("-") if match["also"] else []
    has_source = others[-1:] == [SOURCE] and bool(others.pop())
    has_animation = others[-1:] == [ANIMATION] and bool(others.pop())
    formats = (match["ext"], *others)
    if list(sizes) != sorted(set(sizes), reverse=True) or len(set(formats)) != len(formats):
        return None
    if not CONTENT_TYPES.keys() >= set(formats):
        return None
    return sizes, formats, has_source, has_animation


def animation(name: str) -> str:
    """Name of the file that moves, of the picture with this stored name; "" where none does."""
    base, ending = divide(name)
    described = _described(ending) if base else None
    return StoredName(base, *described).animation if described and described[3] else ""


def extension(format: str | None) -> str | None:
    """
    A format as stored names have it: "jpg" for "JPEG"; None for None.

    Raises `ValueError` for what is no key of `CONTENT_TYPES`.
    """
    if format is None:
        return None
    found = "jpg" if format.lower() == "jpeg" else format.lower()
    if found not in CONTENT_TYPES:
        raise ValueError(f"Unsupported format {format!r}, must be one of: {', '.join(CONTENT_TYPES)}")
    return found


def rendition(name: str, size: int, format: str | None = None) -> str:
    """Name of the file that serves `size` pixels best, in `format` if it can; a foreign name serves every size."""
    base, ending = divide(name)
    return base + ending_for(ending, size, format) if base else name


@functools.lru_cache(maxsize=1024)
def ending_for(ending: str, size: int, format: str | None = None) -> str:
    """How the file ends that serves `size` pixels best, of a picture whose stored name has this `ending`."""
    described = _described(ending)
    assert described is not None  # `divide` gives no others
    picture = StoredName("", *described)
    return picture.file(picture.nearest(size), format if format in picture.formats else None)


def quoted(name: str) -> str:
    """A name of ours as it stands in a URL: only its folder may need quoting."""
    return name if _is_url.fullmatch(name) else filepath_to_uri(name)


def new_token(origin: str = "", *, continues: str = "") -> str:
    """
    26 characters of lowercase base32, as many as 16 random bytes give, so that no name is used twice or guessed.

    `origin`, from `origins_of`, takes the place of the first characters; or the first of the token `continues` do, with
    the origin that this may have. The others stay random, and the last one tells what the first are.
    """
    start = continues[:FAMILY] or origin
    kind = _kind(continues) | _CONTINUES if continues else _HAS_ORIGIN * bool(origin)
    token = _base32(secrets.token_bytes(16))
    return start + token[len(start) : -1] + _LETTERS[_LETTERS.index(token[-1]) + kind]


def _kind(token: str) -> int:
    return _LETTERS.index(token[-1]) % 4


def origin_of(token: str) -> str:
    """The `origin` that `new_token` was given, "" for a token that does not begin with one."""
    return token[:ORIGIN] if _kind(token) & _HAS_ORIGIN else ""


def is_source(file: str) -> bool:
    """Whether this is the name of a file with a whole picture."""
    match = GRAMMAR.fullmatch(file)
    return match is not None and match["secret"] is not None


def is_same(one: str, other: str) -> bool:
    """Whether two stored names are of one picture, whose renditions may have been made anew in between."""
    parsed, known = parse(one), parse(other)
    return one == other or (parsed is not None and known is not None and parsed.family == known.family)


def origins_of(source: str, data: bytes | None = None) -> list[str]:
    """
    What the tokens of pictures from `source` begin with, by each key: ``SECRET_KEY`` and its fallbacks.

    With `data`, only those of the picture from these bytes. So a name says where its picture came from, to nobody but
    the server.
    """
    said = [source] if data is None else [source, f"{source}\0{hashlib.sha256(data).hexdigest()}"]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return ["".join(_origin(text, key) for text in said) for key in keys]


def _origin(text: str, key: str | bytes) -> str:
    """40 bits that follow from `text`."""
    return _base32(salted_hmac("django_avatars.origin", text, secret=key, algorithm="sha256").digest()[:5])


def new_name(
    folder: str,
    *,
    sizes: tuple[int, ...] = (),
    formats: tuple[str, ...] = (),
    has_source: bool = False,
    has_animation: bool = False,
    origin: str = "",
    continues: str = "",
) -> StoredName:
    """A name that was never used before, in `folder` ("" for the root). The rest is as in `new_token`."""
    token = new_token(origin, continues=continues)
    return StoredName(f"{folder}/{token}" if folder else token, sizes, formats, has_source, has_animation)


def content_key(data: bytes) -> str:
    """What the token of a ready picture made of these bytes begins with."""
    return _base32(hashlib.sha256(data).digest()[:16])[:CONTENT]


def ready_name(key: str, spec: str, sizes: tuple[int, ...], formats: tuple[str, ...]) -> StoredName:
    """The name of a ready picture: of what `content_key` says, made as the text `spec` says."""
    return StoredName(f"{GALLERY}/{key}{content_key(spec.encode())[: 26 - CONTENT]}", sizes, formats)


def ready_key(name: str) -> str:
    """The `content_key` of the ready picture with this stored name, "" for every other picture."""
    parsed = parse(name)
    return parsed.token[:CONTENT] if parsed is not None and parsed.is_ready else ""


def per_user(instance: models.Model, filename: str) -> str:
    """
    The default upload path: ``avatars/<owner>/``, the owner a short hash of the model and key.

    Says nothing about the person. Where the key is not known yet (an insert that lets the
    database choose it), the folder is random: nothing relies on it being right.
    """
    key = instance.pk if instance.pk is not None else secrets.token_hex(8)
    digest = hashlib.blake2s(f"{instance._meta.label_lower}:{key}".encode(), digest_size=5).digest()
    return f"avatars/{_base32(digest)}/{filename}"


def by_username(instance: Any, filename: str) -> str:
    """
    An upload path that people can read: ``avatars/<username>/``, folded to ASCII lowercase.

    The user is the instance itself or its ``user``. The name shows in every URL of the picture.
    """
    user = getattr(instance, "user", instance)
    return f"avatars/{fold(user.get_username())}/{filename}"


def fold(text: str) -> str:
    """
    Lowercase ASCII letters, digits, dashes and underscores of `text`, for use as a folder.

    File systems and collations fold case and accents differently; a folded name is the same
    on all of them. Text without any such letter becomes a short hash of itself.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    folded = re.sub(r"[^a-z0-9_]+", "-", ascii_text).strip("-")[:64]
    return folded or _base32(hashlib.blake2s(text.encode("utf-8", "surrogatepass"), digest_size=5).digest())


per_user.prefix = by_username.prefix = "avatars/"  # type: ignore[attr-defined]  # where avatars_prune looks
per_user.per_owner = by_username.per_owner = True  # type: ignore[attr-defined]  # how it judges what it finds there


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()
