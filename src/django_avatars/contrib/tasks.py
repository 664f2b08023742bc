"""
Out of the request: ``AVATARS["TASKS"]`` names a backend of ``django.tasks`` (Django 6.0), or of ``django-tasks``.

The request stores the largest rendition, which serves every size meanwhile. After the commit a task makes
the others. It carries plain data and looks at the row first: where that names another picture by now, or the
picture is complete, there is nothing to do. A task that was lost is made up for by ``avatars_rebuild``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from ..conf import get_settings
from ..lifecycle import rebuild, references

try:
    from django.tasks import task
except ImportError:
    try:
        from django_tasks import task  # type: ignore[no-redef]
    except ImportError as exc:
        raise ImproperlyConfigured(
            "Using AVATARS['TASKS'], but the 'django-tasks' package is not installed. "
            "Install it with `pip install django-avatars[tasks]`."
        ) from exc

if TYPE_CHECKING:
    from ..lifecycle.column import Column


def enqueue(field: Column, alias: str, key: Any, name: str) -> None:
    """Have the missing renditions of the picture `name` made, if there are any."""
    if rebuild.is_outdated(field, name):
        job = finish.using(backend=get_settings().tasks)
        job.enqueue(model=field.model._meta.label, field=field.name, database=alias, pk=str(key), name=name)


@task(backend=get_settings().tasks or "default")
def finish(*, model: str, field: str, database: str, pk: str, name: str) -> bool:
    """
    Make all renditions of the picture `name` of one row. Returns False when there was nothing to do.

    May run twice, late, or beside another one: the row is swapped only where it still names `name`.
    """
    found = apps.get_model(model)._meta.get_field(field)
    key = found.model._meta.pk.to_python(pk)
    try:
        return _still_names(found, database, key, name) and rebuild.rebuild(found, database, key, name)
    except Exception:
        if _still_names(found, database, key, name):
            raise
        return False  # the picture went while it was worked on


def _still_names(field: Any, alias: str, key: Any, name: str) -> bool:
    return references.rows(field.model, alias).filter(pk=key, **{field.name: name}).exists()
