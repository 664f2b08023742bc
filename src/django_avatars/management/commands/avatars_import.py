"""Take over pictures from django-avatar or from an ImageField."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.core.management.base import BaseCommand, CommandError
from django.db import models, router

from ... import targets
from ...fields import AvatarField
from ...lifecycle import importing
from ..progress import Progress


class Command(BaseCommand):
    """See `django_avatars.lifecycle.importing`."""

    help = (
        "Stores pictures of an ImageField, or of django-avatar, as pictures of an AvatarField. "
        "Rows that have one already are left alone, so it may be run again at any time; "
        "the old files stay where they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument(
            "source",
            metavar="SOURCE",
            help='"django-avatar", or the field that has the pictures as app.Model.field. '
            "An ImageField that was changed to an AvatarField in place is its own source.",
        )
        parser.add_argument(
            "--to",
            metavar="FIELD",
            help="The AvatarField as app.Model.field. Default: SOURCE itself, or the field of users.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Say how many pictures would be taken over, and change nothing."
        )
        parser.add_argument("--database", help="Alias of the database. Default: where the model is written.")

    def handle(self, *, source: str, to: str | None, dry_run: bool, database: str | None, **options: Any) -> None:
        """Find what there is, and take it over row by row."""
        target = self._target(source, to)
        alias = database or router.db_for_write(target.model)
        if dry_run:
            self.stdout.write(f"{sum(1 for _ in _olds(source, target, alias))} pictures would be taken over.")
            return
        self._take(target, _olds(source, target, alias))

    def _target(self, source: str, to: str | None) -> AvatarField:
        field: Any = _field(to) if to else targets.user_field().field if source == "django-avatar" else _field(source)
        if not isinstance(field, AvatarField):
            raise CommandError(
                f"{field} is no AvatarField. Name the one that shall get the pictures with --to app.Model.field."
            )
        return field

    def _take(self, target: AvatarField, olds: Iterator[importing.Old]) -> None:
        progress = Progress(self.stderr._out)  # type: ignore[arg-type]  # the stream itself: OutputWrapper adds line breaks
        done = failed = 0
        for old in olds:
            try:
                done += importing.take(target, old)
            except Exception as exc:
                failed += 1
                progress.done()
                self.stderr.write(f"{target} of {old.instance.pk}: {type(exc).__name__}: {exc}")
            progress("pictures taken over", done + failed)
        progress.done()
        self.stdout.write(self.style.SUCCESS(f"{done} pictures taken over."))
        if failed:
            raise CommandError(f"{failed} pictures could not be taken over; these rows are unchanged.")


def _olds(source: str, target: AvatarField, alias: str) -> Iterator[importing.Old]:
    if source != "django-avatar":
        return importing.from_field(_source(source, target), target, alias)
    return importing.from_django_avatar(_django_avatar(), target, _link(target), alias)


def _link(target: AvatarField) -> str:
    reached = targets.path_from_user(target)
    if reached is None or reached.link is None:
        raise CommandError(
            f"{target} is not on a model with a OneToOneField to the user. Choose another one with --to."
        )
    return reached.link.attname


def _django_avatar() -> type[models.Model]:
    try:
        return apps.get_model("avatar", "Avatar")
    except LookupError as exc:
        raise CommandError(
            'django-avatar is not installed. Keep "avatar" in INSTALLED_APPS until the import is done.'
        ) from exc


def _source(path: str, target: AvatarField) -> models.FileField:
    field = _field(path)
    if not isinstance(field, models.FileField) or field.model is not target.model:
        raise CommandError(f"{field} is no file field of the model of {target}. Both must be on the same model.")
    return field


def _field(path: str) -> Any:
    label, _, name = path.rpartition(".")
    try:
        return apps.get_model(label)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist) as exc:
        raise CommandError(f"{path!r} is no field: {exc}. Name it as app.Model.field.") from exc
