"""A Django site with one peer in it, made in the process that measures."""

from __future__ import annotations

import shutil
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from .peers import Make

SECRET = "benchmark"  # noqa: S105 - nothing is signed with it but what is measured


SHARED = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
}
"""SQLite as it is meant to serve several processes."""


def open_site(peer: str, make: Make, *, folder: str | None = None, **settings: Any) -> Any:
    """Django set up with `peer`, its tables made. Files and database are in `folder`, a new one by default."""
    import django
    from django.conf import settings as django_settings

    module = import_module(f"benchmarks.peers.{peer}")
    media = Path(folder or _temporary())
    options: dict[str, Any] = {
        "SECRET_KEY": SECRET,
        "INSTALLED_APPS": ["django.contrib.contenttypes", "django.contrib.auth", *module.APPS, "benchmarks"],
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(media / "db.sqlite3")}},
        "MEDIA_ROOT": str(media / "media"),
        "MEDIA_URL": "/media/",
        "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        # The default keeps 300 entries and drops the rest: no site would leave it at that.
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "OPTIONS": {"MAX_ENTRIES": 1_000_000},
            }
        },
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "USE_TZ": True,
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "ROOT_URLCONF": "benchmarks.urls",
        "ALLOWED_HOSTS": ["*"],
    }
    django_settings.configure(**{**options, **module.settings(make), **settings})
    django.setup()
    declare(module, make)
    return module


made: list[str] = []
"""Folders to remove at the end."""


def _temporary() -> str:
    made.append(tempfile.mkdtemp(prefix="avatars-benchmark-"))
    return made[-1]


def close() -> None:
    """Remove what sites of this process left on disk."""
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


def declare(module: Any, make: Make) -> None:
    """Make the models of a peer, and what calls them `upload`."""
    module.upload = module.declare(make)


def create_tables() -> None:
    """All tables of the site."""
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", run_syncdb=True, verbosity=0)
    with connection.schema_editor() as editor:
        for model in apps.get_app_config("benchmarks").get_models():
            editor.create_model(model)


def people(count: int) -> list[Any]:
    """That many new users, with names."""
    from django.contrib.auth.models import User

    first = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia", "Linus", "Margaret", "Niklaus", "Frances")
    last = ("Lovelace", "Hopper", "Dijkstra", "Liskov", "Knuth", "Perlman", "Torvalds", "Hamilton", "Wirth", "Allen")
    users = [
        User(username=f"user{n}", email=f"user{n}@example.com", first_name=first[n % 10], last_name=last[n // 10 % 10])
        for n in range(count)
    ]
    return User.objects.bulk_create(users, batch_size=500)


def uploaded_file(path: Path) -> Any:
    """`path` as Django hands it to a view: in memory up to 2.5 MB, else in a temporary file."""
    from django.conf import settings
    from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

    data = path.read_bytes()
    if len(data) <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
        return SimpleUploadedFile(path.name, data)
    file = TemporaryUploadedFile(path.name, "image/jpeg", len(data), None)
    file.write(data)
    file.seek(0)
    return file
