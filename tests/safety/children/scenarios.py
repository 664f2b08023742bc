"""What is done to pictures in a child, and how what is left is looked at."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import OperationalError, connections, router, transaction
from django.test import Client
from PIL import Image

from django_avatars import naming
from django_avatars.files import AvatarFieldFile
from django_avatars.lifecycle import importing, rebuild, references
from django_avatars.lifecycle.prune import Sweep
from tests.app.models import Artist, Member, Place, Team, User, Veteran

from . import steps

EVERYTHING = -60
"""A grace that makes files of this very moment old."""

ONE, TWO = (f"00000000-0000-0000-0000-{key:012}" for key in (1, 2))
"""Keys of rows that have no number."""

LABELS = {"app", "avatars_history", "avatars_moderation"}
"""Apps with tables that are filled and emptied here, as far as they are installed."""

COLORS = {"old": (200, 30, 30), "new": (30, 60, 200), "newer": (20, 160, 60)}


def drawn(color: str | tuple[int, int, int], side: int = 70) -> ContentFile[bytes]:
    """A picture of one color: which one a row shows can be told by looking."""
    return ContentFile(encoded(COLORS.get(color, color) if isinstance(color, str) else color, side), "photo.png")


@functools.cache
def encoded(color: tuple[int, int, int], side: int) -> bytes:
    """The file of `drawn`."""
    file = io.BytesIO()
    Image.new("RGB", (side, side), color).save(file, "PNG")
    return file.getvalue()


# Before


def prepare() -> None:
    """Make the tables."""
    for alias in connections:
        call_command("migrate", run_syncdb=True, verbosity=0, database=alias)
    draw()
    replace()  # so that what is loaded with the first query or the first picture is there before any child is forked
    upload_in_page()
    sweep()
    connections.close_all()


def draw() -> None:
    """A team with two pictures, a member with one, a user, three places, an old ImageField: kept for `reset`."""
    empty()
    team = Team.objects.create(pk=1, name="Reds", logo=drawn("old"), banner=drawn("old"))
    Member.objects.create(pk=1, team=team, photo=drawn("old"))
    User.objects.create(pk=ONE, username="jane")
    for key in (1, 2, 3):
        Place.objects.create(pk=key, photo=drawn("old", 64))
    veteran = Veteran(pk=1, picture="")
    veteran.photo.save("old.png", drawn("old"), save=False)
    veteran.save()
    keep()


def keep() -> None:
    """Let `reset` bring back what there is now."""
    shutil.rmtree(_kept(), ignore_errors=True)
    shutil.copytree(root(), _kept())
    for connection in connections.all():
        _each_table(connection, "DROP TABLE IF EXISTS kept_{0}", "CREATE TABLE kept_{0} AS SELECT * FROM {0}")


def reset() -> None:
    """What `draw` has drawn, and nothing else."""
    empty("INSERT INTO {0} SELECT * FROM kept_{0}")
    shutil.copytree(_kept(), root(), dirs_exist_ok=True, copy_function=os.link)


def root() -> Path:
    """The folder of all storages."""
    here: Any = settings
    return Path(here.HERE["media"])


def _kept() -> Path:
    return root().parent / "kept"


def _models() -> list[Any]:
    return [model for model in apps.get_models() if model._meta.app_label in LABELS and not model._meta.proxy]


def empty(*then: str) -> None:
    """No rows and no files, and keys from 1 on; or whatever these statements do for each table."""
    for connection in connections.all():
        # TRUNCATE makes new files for every table, which takes ten times as long.
        _each_table(connection, "DELETE FROM {0}", *then)
    for path in root().iterdir():
        shutil.rmtree(path)


def _each_table(connection: Any, *statements: str) -> None:
    """Do these for each table, whatever refers to it; the next key follows those that there are."""
    models = [model for model in _models() if router.allow_migrate_model(connection.alias, model)]
    script = "; ".join(statement.format(model._meta.db_table) for model in models for statement in statements)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            counted = "; ".join(connection.ops.sequence_reset_sql(no_style(), models))
            cursor.execute(
                f"SET session_replication_role = replica; {script}; RESET session_replication_role; {counted}"
            )
        else:
            cursor.executescript(
                f"PRAGMA foreign_keys = OFF; BEGIN; DELETE FROM sqlite_sequence; {script}; COMMIT;"  # noqa: S608 - ours
                " PRAGMA foreign_keys = ON"
            )


# After


def named() -> Iterator[tuple[str, AvatarFieldFile]]:
    """Column and picture of every row that names one; of a version also its state."""
    for alias in connections:
        for field in _filled(alias):
            for row in references.rows(field.model, alias).exclude(**{field.name: ""}).order_by("pk"):
                column = f"{alias}.{field.model._meta.model_name}.{field.name}.{row.pk}"
                yield f"{column}.{getattr(row, 'state', '')}".rstrip("."), getattr(row, field.attname)


def _filled(alias: str) -> list[Any]:
    """The fields of which some row in this database names a picture: most have none, and one question finds them."""
    fields = [field for field in references.fields() if alias in references.databases(field.model)]
    each = [
        f"SELECT {number} WHERE EXISTS (SELECT 1 FROM {field.model._meta.db_table} WHERE {field.column} <> '')"  # noqa: S608 - ours
        for number, field in enumerate(fields)
    ]
    with connections[alias].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return [fields[number] for (number,) in cursor.fetchall()]


def color_of(path: Path) -> str:
    """Which of `COLORS` the file shows."""
    return _color_of(path.read_bytes())


@functools.cache
def _color_of(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        pixel: Any = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    return min(COLORS, key=lambda name: sum(abs(a - b) for a, b in zip(COLORS[name], pixel, strict=True)))


def files_of(name: str) -> list[str]:
    """Every file that a stored name promises; none for one that is not of our making."""
    parsed = naming.parse(name)
    return list(parsed.files()) if parsed else []


def look() -> dict[str, Any]:
    """Every picture that a row names with its colors, the files that are missing, and those nobody names."""
    promised = {column: [Path(file.storage.path(one)) for one in files_of(str(file.name))] for column, file in named()}
    every = {path for paths in promised.values() for path in paths}
    going = {path for column, paths in promised.items() if column.endswith(".erasing") for path in paths}
    there = {path for path in root().rglob("*") if path.is_file()}
    ours = {path for path in there if naming.parse(path.relative_to(root()).as_posix())}
    return {
        "shown": {
            column: "+".join(sorted({color_of(path) for path in paths if path.exists()}))
            for column, paths in promised.items()
        },
        "missing": _names(every - going - there),
        "orphans": _names(ours - every),
        "foreign": _names(there - ours),
    }


def _names(paths: set[Path]) -> list[str]:
    return sorted(path.relative_to(root()).as_posix() for path in paths)


def sweep() -> dict[str, Any]:
    """Delete what nobody names, then `look`."""
    with Sweep(grace=EVERYTHING) as one:
        one.find()
        one.delete()
    return look()


def fail(scenario: str, at: int) -> str:
    """Do something in which one step fails, and live. Gives the step and what it raised, "" where nobody noticed."""
    count, failed = 0, ""

    def fails(name: str) -> Exception | None:
        nonlocal count, failed
        count += 1
        if count != at:
            return None
        failed = name
        return OSError("No space left on device") if name.startswith("storage") else OperationalError("gone away")

    steps.fails = fails
    try:
        globals()[scenario]()
    except Exception as exc:
        return f"{failed} → {type(exc).__name__}"
    return f"{failed} → "


def through_proxy(scenario: str, port: int) -> str:
    """Do something behind a connection that may be cut. Gives what was raised."""
    connections["default"].settings_dict["PORT"] = port
    try:
        globals()[scenario]()
    except Exception as exc:
        return type(exc).__name__
    return ""


def interrupt_commit() -> None:
    """Press Ctrl-C while the server commits; then let the next transaction of the same connection roll back."""
    steps.fails = lambda name: KeyboardInterrupt() if name == "database: after COMMIT" else None
    with contextlib.suppress(KeyboardInterrupt):
        replace()
    steps.fails = None
    with transaction.atomic():
        Place.objects.update(name="elsewhere")
        transaction.set_rollback(True)


def look_sweep_reset() -> list[dict[str, Any]]:
    """What there is, what there is after one sweep; and begin anew."""
    found = [look(), sweep()]
    reset()
    return found


# What is done


def create() -> None:
    """A row with two pictures."""
    Team.objects.create(pk=2, name="Blues", logo=drawn("new"), banner=drawn("new"))


def create_many() -> None:
    """Two rows at once, by the form of saving that knows no instances."""
    Artist.objects.bulk_create([Artist(pk=ONE, portrait=drawn("new")), Artist(pk=TWO, portrait=drawn("newer"))])


def replace() -> None:
    """Both pictures of a row."""
    team = Team.objects.get(pk=1)
    team.logo, team.banner = drawn("new"), drawn("new")
    team.save()


def replace_within() -> None:
    """A picture, in a transaction of the host's, twice, and something else after it."""
    with transaction.atomic():
        team = Team.objects.get(pk=1)
        team.logo = drawn("new")
        team.save()
        team.logo = drawn("newer")
        team.save()
        Place.objects.filter(pk=1).update(name="elsewhere")


def replace_and_roll_back() -> None:
    """A picture in a savepoint, and one around it; neither comes to pass."""
    with transaction.atomic():
        team = Team.objects.get(pk=1)
        team.logo = drawn("new")
        team.save()
        with transaction.atomic():
            place = Place.objects.get(pk=1)
            place.photo = drawn("new", 64)
            place.save()
            transaction.set_rollback(True)
        transaction.set_rollback(True)


def remove() -> None:
    """A picture from a row that stays."""
    Team.objects.get(pk=1).logo.delete()


def delete_cascade() -> None:
    """A row, and one that hangs on it."""
    Team.objects.get(pk=1).delete()


def delete_many() -> None:
    """Rows by a query."""
    Place.objects.all().delete()


def make_anew() -> None:
    """The renditions of a stored picture."""
    field: Any = Team._meta.get_field("logo")
    rebuild.rebuild(field, "default", 1, str(Team.objects.get(pk=1).logo.name))


def take_over() -> None:
    """The picture of an ImageField."""
    photo, picture = (Veteran._meta.get_field(name) for name in ("photo", "picture"))
    source: Any = importing.Source(photo, "pk", "default")  # type: ignore[arg-type]
    target: Any = importing.Target(picture, "pk", "default")
    for person in list(importing.people(source, target, ())):
        choice, _refused = importing.choose(target, person)
        if choice:
            importing.take(target, person, choice.picture)


def upload_in_page() -> None:
    """A picture in the page, as a body that is read in pieces."""
    client = Client(raise_request_exception=True)
    with steps.paused():
        client.force_login(get_user_model().objects.get(username="jane"))
    file = SimpleUploadedFile("photo.png", encoded(COLORS["new"], 300) + bytes(200_000), "image/png")
    response = client.post("/avatars/", {"avatar": file})
    assert response.status_code == 302, response.status_code


def prune() -> None:
    """A sweep that has something to do."""
    with steps.paused():
        Place.objects.update(photo="")
    call_command("avatars_prune", "--delete", "--grace=0", "--force", stdout=io.StringIO())
