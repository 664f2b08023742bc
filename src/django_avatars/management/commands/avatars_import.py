"""Take over pictures from django-avatar, from an ImageField, or from a ZIP file."""

from __future__ import annotations

import dataclasses
import json
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any
from zipfile import BadZipFile, ZipFile

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.core.management.base import BaseCommand, CommandError
from django.db import models, router

from ... import targets
from ...conf import INPUT_FORMATS
from ...fields import AvatarField
from ...lifecycle import importing
from ...lifecycle.importing import Person, Refused, Source, Target
from ..databases import check_database
from ..progress import Progress

ACCEPTED = (*INPUT_FORMATS, *importing.CONVERTED)
"""What ``--accept`` may name."""

INTERRUPTED = 130
"""The exit code that shells give to what Ctrl+C has ended."""


@dataclasses.dataclass
class Report:
    """What was done, as ``--json`` gives it."""

    dry_run: bool
    taken: int = 0
    failed: int = 0
    versions: int = 0
    further: int = 0
    left_out: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    problems: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    old: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    interrupted: bool = False


@contextmanager
def _interrupt_waits() -> Iterator[None]:
    """Ctrl+C waits until what is begun is done and noted; pressed again, it does not."""
    is_main = threading.current_thread() is threading.main_thread()  # no other may ask for signals
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    pressed = threading.Event()

    def wait(*_: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if pressed.is_set():
        raise KeyboardInterrupt


class Command(BaseCommand):
    """See `django_avatars.lifecycle.importing`."""

    help = (
        "Stores pictures of an ImageField, of django-avatar or of a ZIP file as pictures of an AvatarField. "
        "Rows that have one already are left alone, so it may be run again at any time; "
        "the old files stay where they are unless --delete-old asks for them to go."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument(
            "source",
            metavar="SOURCE",
            nargs="?",
            help='"django-avatar", or the field that has the pictures as app.Model.field. '
            "An ImageField that was changed to an AvatarField in place is its own source.",
        )
        parser.add_argument("--zip", metavar="FILE", help="Instead of SOURCE: a ZIP file with a picture a user.")
        parser.add_argument(
            "--by",
            choices=("username", "email", "pk"),
            default="username",
            help="What the files in the ZIP file are called, without their endings. Default: username.",
        )
        parser.add_argument(
            "--to",
            metavar="FIELD",
            help="The AvatarField as app.Model.field. Default: SOURCE itself, or the field of users.",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Open every file as the import would, say what would come of it, and change nothing.",
        )
        parser.add_argument(
            "--accept",
            metavar="FORMATS",
            default="",
            help=f"Formats to take for this import alone, with commas between: {', '.join(ACCEPTED)}; or ALL of them.",
        )
        parser.add_argument(
            "--shared", action="store_true", help="Take files that many rows name, too. A default is never taken."
        )
        parser.add_argument(
            "--list-old", action="store_true", help="List the old files that are needed no more, one a line."
        )
        parser.add_argument(
            "--delete-old",
            action="store_true",
            help="Delete these files: only what was taken over, and nothing that another row names.",
        )
        parser.add_argument(
            "--only-old",
            action="store_true",
            help="Import nothing: list or delete every file that SOURCE names, also what was not imported.",
        )
        parser.add_argument("--json", action="store_true", help="Write a report for programs.")
        parser.add_argument("--database", help="Alias of the database. Default: where the model is written.")

    def handle(self, *, source: str | None, zip: str | None, by: str, to: str | None, **options: Any) -> None:
        """Find what there is, and take it over person by person."""
        if bool(source) is bool(zip):
            raise CommandError("Name either a SOURCE (django-avatar, or app.Model.field) or --zip FILE.")
        check_database(options["database"])
        self.is_old_wanted: bool = options["list_old"] or options["delete_old"]
        if options["only_old"] and not self.is_old_wanted:
            raise CommandError("--only-old goes with --list-old or --delete-old.")
        if zip and self.is_old_wanted:
            raise CommandError("A ZIP file has no old files: leave --list-old and --delete-old out.")
        self.options = options
        self.accept: tuple[str, ...] = _formats(options["accept"])
        self.report: Report = Report(options["dry_run"])
        self.progress: Progress = Progress(self.stderr._out)  # type: ignore[arg-type]  # the stream itself: OutputWrapper adds line breaks
        try:
            if zip:
                self._take_zip(zip, by, to)
            else:
                self._take_source(str(source), to)
        except KeyboardInterrupt:  # what was done until then is done, and said
            self.report.interrupted = True
        self.progress.done()
        self._conclude()

    def _take_zip(self, path: str, by: str, to: str | None) -> None:
        target = _user_target(_target_field("", to), self.options["database"])
        user = targets.user_model()
        column = {"username": user.USERNAME_FIELD, "email": user.get_email_field_name(), "pk": "pk"}[by]
        if by == "email" and all(field.name != column for field in user._meta.concrete_fields):
            raise CommandError(f"{user._meta.label} has no field {column!r}. Call the files by --by username or pk.")
        try:
            with _opened(path) as archive:
                self._take(
                    target, importing.zipped(target, archive, column), sum(1 for _ in importing.members(archive))
                )
        except (OSError, BadZipFile) as exc:
            raise CommandError(f"{path} cannot be read as a ZIP file: {exc}.") from exc

    def _take_source(self, name: str, to: str | None) -> None:
        source, target = _pair(name, _target_field(name, to), self.options["database"])
        if self.options["only_old"] and source.field is target.field:
            raise CommandError(f"--only-old: {source.field} has no old files, since what it names is shown.")
        self._leave_out(source, target)
        without = [*(one["name"] for one in self.report.left_out), str(target.field.get_default() or "")]
        self.spelled = importing.spellings() if self.is_old_wanted else {}
        if self.options["only_old"]:
            self._let_go_of_all(source, target, without)
            return
        if self.is_old_wanted and source.field is not target.field:
            self._find_taken(source, target, without)
        total = sum(1 for _ in importing.people(source, target, without)) if self.progress.shows else None
        people: Iterator[Person | Refused] = importing.people(source, target, without)
        everybody = chain(people, importing.ownerless(source, without))
        self._take(target, everybody, total, source if self.is_old_wanted else None)
        if name == "django-avatar":
            self.report.notes += _rectangles()

    def _let_go_of_all(self, source: Source, target: Target, without: Sequence[str]) -> None:
        for done in (True, False):
            for person in importing.people(source, target, without, done=done):
                self._let_go(source, target, person, person.files)

    def _leave_out(self, source: Source, target: Target) -> None:
        """Say what is nobody's own picture; where it stands in the field itself, clear it."""
        kept = target.field.get_default() if source.field is target.field else ""
        found = [one for one in importing.left_out(source, shared=self.options["shared"]) if one.name != kept]
        self.report.left_out = [one._asdict() for one in found]
        for one in found:
            why = "the default" if one.is_default else "shared by many rows"
            self._say(f"{one.name}: {one.rows} rows name it, {why}. It is left out, and they show initials.")
        if source.field is target.field and not self.options["dry_run"]:
            importing.clear(target, [one.name for one in found])

    def _find_taken(self, source: Source, target: Target, without: Sequence[str]) -> None:
        """The old files of an earlier run."""
        for person in importing.people(source, target, without, done=True):
            for old in person.files:
                try:
                    picture = importing.process(target.field, old, self.accept)
                    is_taken = importing.is_taken(target, person, picture)
                except importing.Unusable:
                    continue
                except Exception as exc:  # of a storage: on with the next
                    self._fail(person.name, [Refused(old.name, f"{type(exc).__name__}: {exc}")])
                    continue
                if is_taken:
                    self._let_go(source, target, person, [old])

    def _take(
        self, target: Target, people: Iterable[Person | Refused], total: int | None, source: Source | None = None
    ) -> None:
        for number, person in enumerate(people, 1):
            with _interrupt_waits():
                try:
                    if isinstance(person, Refused):
                        self._fail(person.name, [person])
                    else:
                        self._take_one(target, person, source)
                except Exception as exc:  # whatever a database, a storage or a receiver raises: on with the next
                    self._fail(person.name, [Refused(_first(person), f"{type(exc).__name__}: {exc}")])
            self.progress("people looked at", number, total)

    def _take_one(self, target: Target, person: Person, source: Source | None) -> None:
        choice, refused = importing.choose(target, person, self.accept)
        if choice is None:
            self._fail(person.name, refused)
            return
        versions = importing.versions(target, person, choice, self.accept) if importing.remember() else []
        if self.options["dry_run"]:
            importing.try_row(target, person)
        elif not importing.take(target, person, choice.picture, versions):
            return
        self.report.taken += 1
        self.report.versions += len(versions)
        self.report.further += len(person.files) - 1 - len(versions)
        for one in refused:
            self._problem(person.name, one, choice.file.name)
        if source is not None:
            self._let_go(source, target, person, [choice.file, *(old for old, _ in versions)])

    @_interrupt_waits()
    def _let_go(self, source: Source, target: Target, person: Person, taken: Sequence[importing.Old]) -> None:
        files = importing.old_files(source, person, taken, self.spelled)
        self.report.old += [file.name for file in files]
        if self.options["delete_old"] and not self.options["dry_run"]:
            importing.delete_old(target, files)

    def _fail(self, who: str, refused: Sequence[Refused]) -> None:
        self.report.failed += 1
        for one in refused:
            self._problem(who, one, None)

    def _problem(self, who: str, refused: Refused, instead: str | None) -> None:
        self.report.problems.append({"who": who, "file": refused.name, "why": refused.why, "instead": instead})
        self.progress.done()
        if not self.options["json"]:
            beginning = refused.name if who == refused.name else f"{who}: {refused.name}"
            self.stderr.write(f"{beginning}: {refused.why}" + (f" Instead: {instead}" if instead else ""))

    def _say(self, text: str) -> None:
        if not self.options["json"]:
            encoding = getattr(self.stdout._out, "encoding", None) or "utf-8"
            self.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))

    def _conclude(self) -> None:
        report = self.report
        if report.further:
            report.notes.append(
                f"{report.further} further pictures of these people are not taken over, and stay where they are."
            )
        if self.options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(report)))
        for line in (*report.old, *report.notes):
            self._say(line)
        would = "would be" if report.dry_run else "were"
        if self.options["delete_old"]:
            self._say(f"{len(report.old)} old files {would} deleted.")
        also = f", and {report.versions} earlier ones" if report.versions else ""
        text = f"{report.taken} pictures{also} {'would be ' if report.dry_run else ''}taken over."
        self._say(self.style.SUCCESS(text))
        if report.interrupted:
            raise CommandError(
                "Interrupted. Run the command again: it goes on where it stopped.", returncode=INTERRUPTED
            )
        if report.failed and report.dry_run:
            self._say(f"{report.failed} pictures could not be taken over.")
        elif report.failed:
            raise CommandError(f"{report.failed} pictures could not be taken over; these rows are unchanged.")


def _opened(path: str) -> ZipFile:
    """The archive. Raises `BadZipFile`, also for a version of the format that Python does not know."""
    try:
        return ZipFile(path)
    except NotImplementedError as exc:
        raise BadZipFile(str(exc)) from exc


def _first(person: Person | Refused) -> str:
    return person.files[0].name if isinstance(person, Person) else person.name


def _formats(text: str) -> tuple[str, ...]:
    formats = tuple(filter(None, text.upper().replace(" ", "").split(",")))
    if formats == ("ALL",):
        return ACCEPTED
    if unknown := set(formats) - set(ACCEPTED):
        raise CommandError(f"--accept has {', '.join(sorted(unknown))}. Name some of: {', '.join(ACCEPTED)}; or ALL.")
    return formats


def _target_field(source: str, to: str | None) -> AvatarField:
    is_of_users = source in ("", "django-avatar")
    field: Any = _field(to) if to else targets.user_field().field if is_of_users else _field(source)
    if not isinstance(field, AvatarField):
        raise CommandError(
            f"{field} is no AvatarField. Name the one that shall get the pictures with --to app.Model.field."
        )
    return field


def _pair(name: str, field: AvatarField, database: str | None) -> tuple[Source, Target]:
    """Where the pictures are and where they go: rows of one model by their own keys, others by the user."""
    if name == "django-avatar":
        model = _django_avatar()
        old, options = model._meta.get_field("avatar"), {"has_resized": True, "since": "date_uploaded"}
        options["best_first"] = ("-primary", "-date_uploaded", "-pk")
        return _source(old, "user_id", database, **options), _user_target(field, database)
    old = _field(name)
    if not isinstance(old, models.FileField):
        raise CommandError(
            f"{old} is a {type(old).__name__}. Name a field of files: a FileField, or one of its kinds as ImageField. "
            'For addresses of pictures, follow the page "Take pictures from another site".'
        )
    if old.model is field.model:
        return _source(old, "pk", database), Target(field, "pk", _alias(field, database), _people(field))
    by = _user_column(old.model) if targets.path_from_user(field) else None
    if by is None:
        raise CommandError(
            f"{old} is not on the model of {field}, and there are no users to match them by. "
            "Both must be on the same model, or both on models with a relation to the user."
        )
    return _source(old, by, database), _user_target(field, database)


def _source(field: Any, by: str, database: str | None, **options: Any) -> Source:
    return Source(field, by, _alias(field, database), **options)


def _alias(field: Any, database: str | None) -> str:
    return database or router.db_for_write(field.model)


def _user_target(field: AvatarField, database: str | None) -> Target:
    """`field`, whose rows are found by the key of the user."""
    reached = targets.path_from_user(field)
    if reached is None:
        raise CommandError(f"{field} is not on the user, nor on a model with a OneToOneField to it. Choose with --to.")
    by = _key_by(reached.link) if reached.link else "pk"
    user = targets.user_model()
    return Target(field, by, _alias(field, database), (user, user.USERNAME_FIELD))


def _people(field: AvatarField) -> tuple[type[models.Model], str] | None:
    reached = targets.path_from_user(field)
    if reached is None:
        return None
    name: str = targets.user_model().USERNAME_FIELD
    return field.model, f"{reached.link.name}__{name}" if reached.link else name


def _user_column(model: type[models.Model]) -> str | None:
    """The column of `model` that says whose a row is."""
    if issubclass(targets.user_model(), model):
        return "pk"
    links = [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and issubclass(targets.user_model(), field.related_model)
    ]
    links = [link for link in links if link.unique] or links
    if len(links) > 1:
        names = " and ".join(link.name for link in links)
        raise CommandError(
            f"{model._meta.label} names users by {names}, and the pictures may be those of either. "
            "Make a OneToOneField of the one whose they are, and a ForeignKey of the rest; "
            "or pack the files into a ZIP file, called after the users, and use --zip FILE."
        )
    return _key_by(links[0]) if links else None


def _key_by(link: models.ForeignKey[Any, Any]) -> str:
    """The way to the key of the user, which is not what the column has where that names another one (``to_field``)."""
    return link.attname if link.target_field.primary_key else f"{link.name}__pk"


def _django_avatar() -> type[models.Model]:
    try:
        return apps.get_model("avatar", "Avatar")
    except LookupError as exc:
        raise CommandError(
            'django-avatar is not installed. Keep "avatar" in INSTALLED_APPS until the import is done.'
        ) from exc


def _rectangles() -> Iterator[str]:
    for size in getattr(settings, "AVATAR_AUTO_GENERATE_SIZES", ()):
        if not isinstance(size, int) and size[0] != size[1]:
            asked = f"{size[0]} × {size[1]}"
            yield f"AVATAR_AUTO_GENERATE_SIZES has {asked} pixels. Pictures are square here: {size[0]} × {size[0]}."


def _field(path: str) -> Any:
    label, _, name = path.rpartition(".")
    try:
        return apps.get_model(label)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist) as exc:
        raise CommandError(f"{path!r} is no field: {exc}. Name it as app.Model.field.") from exc
