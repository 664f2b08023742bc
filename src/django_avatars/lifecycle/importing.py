"""
Taking over pictures that something else has stored: an ImageField, django-avatar, a ZIP file.

Each is decoded, checked and encoded anew like an upload, since nobody knows what was checked then. Rows that have a
picture of ours already are left alone, so an import may be interrupted and run again, while the site is up. What can
be taken is found out by `choose`, by the preview as by the deed. Old files stay until somebody asks for them to go.
"""

from __future__ import annotations

import dataclasses
import datetime
import io
import itertools
import os
import posixpath
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.apps import apps
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.db import models, transaction
from django.db.migrations import AddField, AlterField, CreateModel, RenameField, RenameModel
from django.db.migrations.loader import MigrationLoader
from PIL import IcoImagePlugin, Image, ImageOps, UnidentifiedImageError

from .. import naming
from ..conf import get_settings
from ..imaging.focus import middle
from ..imaging.formats import available, format_names
from ..imaging.pipeline import process as process_file
from ..imaging.rejected import Rejected, readable_bytes
from . import rebuild, references, replace, staging

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from ..imaging.spec import Picture, Spec
    from .column import Column

PIECE = 500
"""People whose pictures are looked up at a time."""

MANY = 3
"""Rows that name the same file: nobody's own picture, but a default of earlier days."""

CONVERTED = ("ICO", "JPEG2000", "PCX", "PPM", "TGA", "TIFF")
"""Formats that are read for an import alone: Pillow, which calls them so, makes a PNG of them first."""

UNPACKED = (ZIP_STORED, ZIP_DEFLATED)
"""Ways of packing that can be unpacked piece by piece; of others, a few kB become gigabytes at once."""

IS_UTF8 = 0x800
"""The flag of a name in a ZIP archive that is in UTF-8; Python reads others as code page 437."""

IS_ENCRYPTED = 0x1
"""The flag of a file in a ZIP archive that needs a password."""

OF_SYSTEMS = (".ds_store", "thumbs.db", "desktop.ini")
"""Files that systems add to folders, in small letters."""


class Unusable(Exception):
    """An old file cannot become a picture; the text says why, for whoever runs the import."""


class Old(Protocol):
    """One old file."""

    @property
    def name(self) -> str:
        """What it is called, to be read by people."""

    @property
    def since(self) -> datetime.datetime | None:
        """When it was uploaded, where that is known."""

    def read(self, most: int) -> bytes:
        """
        What is in it. Raises `Unusable` where there is nothing to read, and `Rejected` where it is more than `most`.
        """

    def smaller(self) -> Iterator[Any]:
        """Renditions that were made of it, the largest first."""


@dataclasses.dataclass(frozen=True)
class StoredFile:
    """A file in a storage."""

    storage: Storage
    name: str
    since: datetime.datetime | None = None
    has_resized: bool = False
    """Whether django-avatar made renditions of it, in the folder ``resized`` beside it."""

    def read(self, most: int) -> bytes:
        """See `Old`. Asks for the size first, and follows no link out of the storage."""
        try:
            self._refuse_links()
            _refuse_large(self.storage.size(self.name), most)
            with self.storage.open(self.name) as file:
                return cast(bytes, file.read(most + 1))
        except Rejected:
            raise
        except SuspiciousFileOperation as exc:
            raise Unusable("The name leads out of the storage.") from exc
        except Exception as exc:
            if isinstance(exc, (FileNotFoundError, IsADirectoryError)) or not self.storage.exists(self.name):
                raise Unusable("The file is missing.") from exc
            raise

    def smaller(self) -> Iterator[StoredFile]:
        """
        ``resized/<width>/<height>/<name>``, and ``resized/<size>/<name>`` of django-avatar before its version 7.

        Squares come first: the middle of a rectangle shows less than the square that people saw.
        """
        if self.has_resized:
            yield from sorted(self._in(posixpath.join(posixpath.dirname(self.name), "resized")), key=_squareness)

    def _in(self, folder: str) -> Iterator[StoredFile]:
        folders, files = _listed(self.storage, folder)
        for file in sorted(files):
            if _stem(file) == _stem(self.name):
                yield StoredFile(self.storage, posixpath.join(folder, file), self.since)
        for size in filter(str.isdecimal, folders):
            yield from self._in(posixpath.join(folder, size))

    def leads_out(self) -> bool:
        """Whether the name, or a link in it, leads out of the storage: then the file is not deleted, either."""
        try:
            self._refuse_links()
        except (Unusable, SuspiciousFileOperation):
            return True
        return False

    def _refuse_links(self) -> None:
        with suppress(NotImplementedError):  # not on this machine
            path, root = (os.path.realpath(self.storage.path(name)) for name in (self.name, ""))
            if os.path.commonpath([path, root]) != root:
                raise Unusable("The file is a link that leads out of the storage.")


def _refuse_large(size: int, most: int) -> None:
    if size > most:
        raise Rejected("too_large", size=readable_bytes(size), max=readable_bytes(most))


def _squareness(file: StoredFile) -> tuple[bool, int]:
    """Order of renditions, by the sizes in their names: squares before rectangles, the largest of each first."""
    sides = [int(side) for side in file.name.rpartition("/resized/")[2].split("/")[:-1]] or [0]
    return min(sides) != max(sides), -min(sides)


@dataclasses.dataclass(frozen=True)
class ZippedFile:
    """A file in a ZIP archive, which is read in place and never unpacked."""

    archive: ZipFile
    info: ZipInfo
    since: datetime.datetime | None = None

    @property
    def name(self) -> str:
        """
        What it is called. Archives that do not say in which script their names are have them in UTF-8 nearly always.

        Windows writes backslashes, and macOS takes letters and their accents apart.
        """
        name = self.info.filename
        if not self.info.flag_bits & IS_UTF8:
            with suppress(UnicodeError):
                name = name.encode("cp437").decode()
        return unicodedata.normalize("NFC", name.replace("\\", "/"))

    def read(self, most: int) -> bytes:
        """See `Old`. Reads one byte more than `most` at most, whatever size the archive gives."""
        _refuse_large(self.info.file_size, most)
        if self.info.flag_bits & IS_ENCRYPTED or self.info.compress_type not in UNPACKED:
            raise Unusable("It is encrypted, or packed in an unusual way. Pack it as an ordinary ZIP file.")
        try:
            with self.archive.open(self.info) as file:
                return file.read(most + 1)
        except Exception as exc:  # whatever Python raises at what is damaged
            raise Unusable(f"It cannot be unpacked: {exc}") from exc

    def smaller(self) -> Iterator[Old]:
        """None are known."""
        yield from ()


def _stem(name: str) -> str:
    return posixpath.splitext(posixpath.basename(name))[0]


def _listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    try:
        return storage.listdir(folder)
    except (OSError, NotImplementedError, SuspiciousFileOperation):  # there is no such folder, or there are none at all
        return [], []


@dataclasses.dataclass(frozen=True)
class Source:
    """Where the old pictures are, and whose they are."""

    field: models.FileField
    """The column with the names."""
    by: str
    """The column of its model, or the path, that says whose a row is: the key of the row itself, or of a user."""
    alias: str
    """The database."""
    best_first: tuple[str, ...] = ("pk",)
    """Order of several pictures of one person."""
    since: str | None = None
    """The column with the time of the upload."""
    has_resized: bool = False
    """Whether django-avatar made renditions."""

    @property
    def named(self) -> models.QuerySet[Any]:
        """The rows with a file."""
        named = references.rows(self.field.model, self.alias).exclude(**{self.field.name: ""})
        return named.exclude(**{f"{self.field.name}__isnull": True})

    @property
    def rows(self) -> models.QuerySet[Any]:
        """The rows with a file whose owner is known."""
        return self.named.exclude(**{f"{self.by}__isnull": True})


@dataclasses.dataclass(frozen=True)
class Target:
    """The field that gets the pictures, and how its rows are found."""

    field: Any  # the AvatarField, as lifecycle sees it in `Column`
    by: str
    """The column of its model with the same keys as `Source.by`, or the path to it."""
    alias: str
    """The database."""
    people: tuple[type[models.Model], str] | None = None
    """The model whose keys these are, and the path to what its rows are called; None: nobody is called by name."""


class Person(NamedTuple):
    """Somebody without a picture of ours, and what there is to take over."""

    key: Any
    """The value of `Source.by` and `Target.by`."""
    name: str
    """What the person is called."""
    held: str
    """What the row holds now: "" or a foreign name."""
    has_row: bool
    """Whether there is a row for the picture; otherwise it is made."""
    files: list[Old]
    """The old files, the one that is shown first."""


class Choice(NamedTuple):
    """What becomes of one person's old files."""

    file: Old
    """The old file that is taken."""
    picture: Picture
    """What it gives."""


class Refused(NamedTuple):
    """An old file that cannot be taken, though it would have come first."""

    name: str
    why: str


class LeftOut(NamedTuple):
    """A file that is nobody's own picture."""

    name: str
    rows: int
    """How many rows name it."""
    is_default: bool
    """Whether it is, or was, the default of the field; otherwise many rows share it."""


def left_out(source: Source, *, shared: bool = False) -> list[LeftOut]:
    """Defaults that the field has or had, and names that many rows share (unless `shared` takes them all the same)."""
    defaults = _defaults(source)
    column = source.field.name
    # A row that is found by its own key counts as one; a composite key cannot be counted.
    owners = models.Count("*") if source.by == "pk" else models.Count(source.by, distinct=True)
    counted = source.rows.order_by().values_list(column).annotate(owners=owners)
    wanted = models.Q(**{f"{column}__in": defaults})
    if not shared:
        wanted |= models.Q(owners__gte=MANY)
    return [LeftOut(name, count, name in defaults) for name, count in counted.filter(wanted).order_by(column)]


def _defaults(source: Source) -> set[str]:
    """Of the field as it is and as its migrations knew it: an ImageField that became an AvatarField had another one."""
    field = source.field
    migrations = sorted(MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items())
    own = [migration for (label, _), migration in migrations if label == field.model._meta.app_label]
    operations = [operation for migration in own for operation in migration.operations]
    return {_default_of(one) for one in (field, *_past(field, operations))} - {"", "None"}


def _default_of(field: Any) -> str:
    """What a row gets that is made without a picture: by Django, or by the database."""
    given = field.get_default() if field.has_default() else getattr(field.db_default, "value", field.db_default)
    return "" if given is models.NOT_PROVIDED else str(given)


def _past(field: models.Field[Any, Any], operations: Sequence[Any]) -> Iterator[models.Field[Any, Any]]:
    """`field` as `operations` made it, the latest first, under the names that it and its model had then."""
    model, name = field.model._meta.model_name, field.name
    for operation in reversed([one for given in operations for one in getattr(given, "state_operations", [given])]):
        match operation:
            case RenameModel() if operation.new_name_lower == model:
                model = operation.old_name_lower
            case RenameField() if (operation.model_name_lower, operation.new_name) == (model, name):
                name = operation.old_name
            case CreateModel() if operation.name_lower == model:
                yield from (one for called, one in operation.fields if called == name)
            case AddField() | AlterField() if (operation.model_name_lower, operation.name) == (model, name):
                yield operation.field


def people(source: Source, target: Target, without: Collection[str], *, done: bool = False) -> Iterator[Person]:
    """
    Who has an old picture and none of ours yet, in pieces, so that memory is bounded.

    Args:
        source: Where the old pictures are.
        target: Where they go.
        without: Names to leave out.
        done: The others instead: who has a picture of ours by now.

    """
    keys = _without(source, without).order_by(source.by).values_list(source.by, flat=True)
    if source.by != "pk":  # of a composite key, Django gives but a part of it here
        keys = keys.distinct()
    piece = list(keys[:PIECE])
    while piece:
        yield from _piece(source, target, piece, without, done=done)
        piece = list(keys.filter(**{f"{source.by}__gt": piece[-1]})[:PIECE])


def ownerless(source: Source, without: Collection[str]) -> Iterator[Refused]:
    """The old pictures of nobody, those `without` left out: whose they are is empty in their rows."""
    names = source.named.filter(**{f"{source.by}__isnull": True}).values_list(source.field.name, flat=True)
    for name in names.exclude(**{f"{source.field.name}__in": without}).order_by("pk").iterator(PIECE):
        yield Refused(str(name), "It belongs to nobody: its row names no user.")


def _without(source: Source, names: Collection[str]) -> models.QuerySet[Any]:
    return source.rows.exclude(**{f"{source.field.name}__in": names})


def _piece(
    source: Source, target: Target, keys: list[Any], without: Collection[str], *, done: bool
) -> Iterator[Person]:
    held = holding(target, keys)
    names = called(target, keys)
    files: dict[Any, list[Old]] = defaultdict(list)
    columns = (source.by, source.field.name, source.since or models.Value(None, output_field=models.DateTimeField()))
    own = _without(source, without).filter(**{f"{source.by}__in": keys}).order_by(source.by, *source.best_first)
    storage = source.field.storage
    for key, name, since in own.values_list(*columns):
        opened = _plain(storage, name) if name.startswith("/") else str(name)  # which Django serves, and does not open
        files[key].append(StoredFile(storage, opened, since, source.has_resized))
    for key, old in files.items():
        name = held.get(key) or ""
        if (naming.parse(name) is not None) is done:
            yield Person(key, names.get(key, f"{target.field.model._meta.label} {key}"), name, key in held, old)


def holding(target: Target, keys: Collection[Any]) -> dict[Any, str | None]:
    """What the rows of these people hold."""
    rows = references.rows(target.field.model, target.alias).filter(**{f"{target.by}__in": keys})
    return dict(rows.values_list(target.by, target.field.name))


def called(target: Target, keys: Collection[Any]) -> dict[Any, str]:
    """What these people are called."""
    if target.people is None:
        return {}
    model, path = target.people
    named = references.rows(model, target.alias).filter(pk__in=keys)
    return dict(named.values_list("pk", path))


def choose(target: Target, person: Person, accept: Sequence[str] = ()) -> tuple[Choice | None, list[Refused]]:
    """
    The first of the old files that can be taken: the one that is shown, else its largest rendition, else the next.

    None where none can be; and those that would have come first. Raises what a storage raises that does not answer.
    """
    refused: list[Refused] = []
    for old in _with_smaller(person.files):
        try:
            return Choice(old, process(target.field, old, accept)), refused
        except Unusable as exc:
            refused.append(Refused(old.name, str(exc)))
    return None, refused


def _with_smaller(files: Sequence[Old]) -> Iterator[Old]:
    for old in files:
        yield old
        yield from old.smaller()


def process(field: Column, old: Old, accept: Sequence[str] = ()) -> Picture:
    """
    The renditions of one old file, of the formats of `field` and those of `accept`. Raises `Unusable`.

    The square is taken about the middle, as it was shown before, wherever new pictures are centered.
    """
    ours = [format for format in accept if format not in CONVERTED]
    formats = tuple(dict.fromkeys((*field.spec.input_formats, *ours)))
    spec = dataclasses.replace(field.spec, input_formats=formats, focus=middle)
    try:
        data = old.read(spec.max_bytes)
        try:
            return process_file(io.BytesIO(data), spec)  # by what it is: nobody will see its name again
        except Rejected as exc:
            converted = [format for format in accept if format in CONVERTED]
            if not converted or exc.code not in ("unsupported_format", "not_an_image"):
                raise
            png = _png(data, spec, converted, exc)
        spec = dataclasses.replace(spec, input_formats=("PNG",), max_bytes=len(png))
        return process_file(io.BytesIO(png), spec)
    except Rejected as exc:
        raise Unusable(_why(field, exc, spec)) from exc


def _png(data: bytes, spec: Spec, formats: list[str], refused: Rejected) -> bytes:
    """`data` as a PNG, if it is of one of `formats`; raises `refused` where it is not."""
    try:
        with _opened(data, formats) as image:
            if image.width * image.height > spec.max_pixels["PNG"]:
                raise Unusable(f"It has {image.width} × {image.height} pixels, which are too many for its format.")
            upright = ImageOps.exif_transpose(image)
            out = io.BytesIO()
            has_alpha = "A" in upright.mode or "transparency" in upright.info
            upright.convert("RGBA" if has_alpha else "RGB").save(out, "PNG", compress_level=0)
            return out.getvalue()
    except Unusable:
        raise
    except UnidentifiedImageError as exc:
        is_one = str(refused.params.get("given")).replace(" ", "") in formats
        raise (Rejected("truncated") if is_one else refused) from exc
    except Exception as exc:  # whatever a plugin of Pillow raises at a damaged file
        raise Rejected("truncated") from exc


def _opened(data: bytes, formats: list[str]) -> Image.Image:
    """The picture, not yet decoded: `Image.open` decodes what is in an icon, however large that is."""
    if "ICO" in formats and data.startswith(b"\0\0\1\0"):
        return IcoImagePlugin.IcoFile(io.BytesIO(data)).frame(0)
    return Image.open(io.BytesIO(data), formats=formats)


def _why(field: Column, exc: Any, spec: Spec) -> str:
    params = {"formats": format_names(available(spec.input_formats)), **exc.params}
    return f"{field.error_messages[exc.code] % params} ({exc.code})"


def try_row(target: Target, person: Person) -> None:
    """What making the row would raise, for a preview: it is made, and taken back at once."""
    if not person.has_row:
        with transaction.atomic(using=target.alias):
            _row(target, person)
            transaction.set_rollback(True, using=target.alias)


def take(target: Target, person: Person, picture: Picture, versions: Sequence[tuple[Old, Picture]] = ()) -> bool:
    """
    Store `picture` as the person's, whose row is made if there is none, and `versions` in the history.

    Returns False when the row has got another picture meanwhile. Raises what a database or a storage raises.
    """
    row = _row(target, person)
    if row is None:
        return False
    held = getattr(row, target.field.attname).name
    if naming.parse(held or ""):
        return False
    with transaction.atomic(using=target.alias):
        if held is None:  # NULL, which no comparison finds
            _only(target, row).update(**{target.field.name: ""})
        folder = target.field.folder(row)
        if not rebuild.swap(target.field, target.alias, row.pk, held or "", picture, folder):
            return False
        for old, version in reversed(versions):  # the oldest first
            _remember(target, row, version, old.since)
    return True


def _row(target: Target, person: Person) -> models.Model | None:
    model: type[models.Model] = target.field.model
    # An ImageField with `width_field` opens its file with the row, and raises where that is missing.
    images = (field.name for field in model._meta.concrete_fields if isinstance(field, models.ImageField))
    rows = references.rows(model, target.alias).defer(*images)
    if person.has_row:
        return cast("models.Model | None", rows.filter(**{target.by: person.key}).first())
    whose, _, is_path = target.by.partition("__")
    whom = target.people[0] if target.people and is_path else None
    made = {whose: references.rows(whom, target.alias).get(pk=person.key)} if whom else {}
    return cast(models.Model, rows.get_or_create(**{target.by: person.key}, defaults=made)[0])


def _only(target: Target, row: models.Model) -> models.QuerySet[Any]:
    return references.rows(target.field.model, target.alias).filter(pk=row.pk)


def remember() -> Callable[..., object] | None:
    """The function that adds an earlier picture to the history. None if the history is not installed."""
    return next(iter(replace.histories), None)


def _remember(target: Target, row: models.Model, picture: Picture, since: datetime.datetime | None) -> None:
    keep = cast(Callable[..., object], remember())
    written = staging.write(target.field, target.field.folder(row), picture)
    try:
        keep(row, target.field, str(written.name), since)
    finally:
        written.discard()  # does nothing where the history names it


def versions(target: Target, person: Person, choice: Choice, accept: Sequence[str] = ()) -> list[tuple[Old, Picture]]:
    """The other pictures of the person that can be taken into the history, as many as it keeps."""
    found: list[tuple[Old, Picture]] = []
    for old in person.files:
        if old is not choice.file and len(found) < get_settings().history["KEEP"]:
            try:
                found.append((old, process(target.field, old, accept)))
            except Unusable:
                continue
    return found


def zipped(target: Target, archive: ZipFile, column: str) -> Iterator[Person | Refused]:
    """
    The people whose pictures are in a ZIP file: the name of each file, without its ending, is in `column` of the user.

    Gives a `Refused` for names of nobody, and for people who have several. Folders in it say nothing, and small or
    capital letters only where they tell two people apart.
    """
    assert target.people is not None  # only users can be found by name
    owners: dict[Any, list[Old]] = defaultdict(list)
    for file in members(archive):
        keys = _keys_of(target.people[0], target.alias, column, file.name)
        if len(keys) == 1:
            owners[keys[0]].append(file)
        else:
            yield Refused(file.name, "Several people are called that." if keys else "Nobody is called that.")
    keys_of_all = list(owners)
    for start in range(0, len(keys_of_all), PIECE):
        yield from _zipped_piece(target, {key: owners[key] for key in keys_of_all[start : start + PIECE]})


def members(archive: ZipFile) -> Iterator[ZippedFile]:
    """The files in a ZIP archive, without those that systems add by themselves."""
    for info in archive.infolist():
        file = ZippedFile(archive, info)
        *folders, name = file.name.split("/")
        if name and "__MACOSX" not in folders and not name.startswith("._") and name.lower() not in OF_SYSTEMS:
            yield file


def _zipped_piece(target: Target, owners: dict[Any, list[Old]]) -> Iterator[Person | Refused]:
    held, names = holding(target, owners), called(target, owners)
    for key, files in owners.items():
        if key not in names:  # deleted meanwhile
            yield from (Refused(file.name, "Nobody is called that.") for file in files)
        elif len(files) > 1:
            yield from (Refused(file.name, "There are several files for this person.") for file in files)
        elif not naming.parse(held.get(key) or ""):
            yield Person(key, names[key], held.get(key) or "", key in held, files)


def _keys_of(model: type[models.Model], alias: str, column: str, path: str) -> list[Any]:
    """Whom a file is called after, with an ending or without: exactly, else but for small and capital letters."""
    rows = references.rows(model, alias)
    called = [posixpath.basename(path), _stem(path)]  # "jane.doe" without an ending is not Jane's
    called += [unicodedata.normalize("NFKC", name) for name in called]  # as Django keeps usernames
    for name, lookup in itertools.product(dict.fromkeys(called), ("exact", "iexact")):
        with suppress(ValueError, ValidationError):  # no key of this kind
            meant = references.key_from(model, name) if column == "pk" else name
            if keys := list(rows.filter(**{f"{column}__{lookup}": meant}).values_list("pk", flat=True)[:2]):
                return keys
    return []


def is_taken(target: Target, person: Person, picture: Picture) -> bool:
    """Whether the picture of ours that the row holds is, byte by byte, this one: then the old file was taken over."""
    data = picture.renditions[0].data
    try:
        with target.field.storage.open(person.held) as file:
            return bool(file.read(len(data) + 1) == data)
    except FileNotFoundError:
        return False


Spellings = Mapping[str, Collection[str]]
"""Other spellings that rows have of a name, by the plain one."""


def spellings() -> Spellings:
    """What rows have for names with detours, such as ``a//b.jpg`` and ``/a/b.jpg``, which name the same file."""
    found: dict[str, set[str]] = defaultdict(set)
    for field, name in _names_in_rows("regex", "(^|/)[./]"):
        found[_plain(field.storage, name)].add(name)
    return found


def _plain(storage: Storage, name: str) -> str:
    """`name` without detours. Django drops a slash before it for the address; a path may begin with one as well."""
    with suppress(NotImplementedError, SuspiciousFileOperation):  # not on this machine; no path in the storage
        return PurePath(os.path.relpath(storage.path(name), storage.path(""))).as_posix()
    return posixpath.normpath(name.lstrip("/"))


def old_files(source: Source, person: Person, taken: Sequence[Old], spelled: Spellings) -> list[StoredFile]:
    """The old files that can be deleted after the import of `taken`, thumbnails included: no other row names them."""
    files = [cast(StoredFile, old) for old in _with_smaller(taken)]
    plain = {file.name: _plain(file.storage, file.name) for file in files}
    names = {name: {name, to, *spelled.get(to, ())} for name, to in plain.items()}
    asked = set[str]().union(*names.values())
    kept = {name for _, name in _names_in_rows("in", asked, (source.field, {source.by: person.key}))}
    return [file for file in files if not (names[file.name] & kept or naming.parse(file.name) or file.leads_out())]


def _names_in_rows(
    lookup: str, value: object, but: tuple[Any, dict[str, Any]] = (None, {})
) -> Iterator[tuple[models.FileField, str]]:
    """Each name in a file field for which `lookup` holds, with the field; `but` leaves rows of one field out."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.FileField):
                for alias in references.databases(model):
                    rows = references.rows(model, alias).filter(**{f"{field.name}__{lookup}": value})
                    if field is but[0]:
                        rows = rows.exclude(**but[1])
                    with references.where_there_is_a_table(alias, model):
                        yield from ((field, name) for name in rows.values_list(field.name, flat=True))


def delete_old(target: Target, files: Sequence[StoredFile]) -> None:
    """Delete old files, once what has been done so far is committed."""
    for file in files:
        transaction.on_commit(partial(references.delete_files, file.storage, [file.name]), using=target.alias)


def clear(target: Target, names: Collection[str]) -> int:
    """Let no row hold one of these names any more, so that its initials show. Returns how many did."""
    rows = references.rows(target.field.model, target.alias).filter(**{f"{target.field.name}__in": names})
    return rows.update(**{target.field.name: ""})
