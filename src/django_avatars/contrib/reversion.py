"""
Keeps the pictures that django-reversion may bring back.

``AVATARS = {"REFERENCES": ["django_avatars.contrib.reversion.references"]}``: while a version names a picture, its
files stay. They go at the first `avatars_prune` after the version was deleted, such as by ``deleterevisions``.

A version keeps a row as a text, so asking for one name reads all versions of models that have a picture. The
sweep reads them once.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet
from reversion.errors import RevertError
from reversion.models import Version

from .. import naming
from ..lifecycle import references as rows


def references(names: Collection[str]) -> set[str]:
    """Those of `names` that a version holds."""
    return {name for name in names if any(_holding(name, alias).exists() for alias in rows.databases(Version))}


def every() -> Iterator[str]:
    """Every name that a version holds. What cannot be read any more cannot be brought back, and is left out."""
    for alias in rows.databases(Version):
        for version in _pictured(alias).iterator(rows.PIECE):
            try:
                values = version.field_dict
            except RevertError:
                continue
            yield from (str(values[name]) for name in _columns(version._model) if values.get(name))


references.every = every  # type: ignore[attr-defined]  # how the sweep asks


def _holding(name: str, alias: str) -> QuerySet[Any]:
    parsed = naming.parse(name)
    # By the token, which is used once, ever, and which no format of serialization writes in another way.
    return _pictured(alias).filter(serialized_data__contains=posixpath.basename(parsed.base) if parsed else name)


def _pictured(alias: str) -> QuerySet[Any]:
    """Versions of models that have a picture."""
    kinds = Q(pk__in=[])
    for model in apps.get_models(include_auto_created=True):
        if _columns(model):
            kinds |= Q(content_type__app_label=model._meta.app_label, content_type__model=model._meta.model_name)
    return rows.rows(Version, alias).filter(kinds).order_by()


def _columns(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if rows.is_avatar(field)] if model else []
