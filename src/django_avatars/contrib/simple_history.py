"""
Keeps the pictures that django-simple-history may bring back.

``AVATARS = {"REFERENCES": ["django_avatars.contrib.simple_history.references"]}``: while a historical record names
a picture, its files stay. They go at the first `avatars_prune` after the record was deleted, such as by
``clean_old_history``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.apps import apps
from django.db import models

from ..lifecycle import references as rows


def references(names: Collection[str]) -> set[str]:
    """Those of `names` that a historical record holds."""
    return {
        name
        for column, records in _columns()
        for name in records.filter(**{f"{column}__in": names}).values_list(column, flat=True).distinct()
    }


def every() -> Iterator[str]:
    """Every name that a historical record holds."""
    for column, records in _columns():
        yield from filter(None, records.values_list(column, flat=True).iterator(rows.PIECE))


references.every = every  # type: ignore[attr-defined]  # how the sweep asks


def _columns() -> Iterator[tuple[str, models.QuerySet[Any]]]:
    """Each column of history that holds pictures, with all records that have it."""
    for model in apps.get_models(include_auto_created=True):
        manager = getattr(model._meta, "simple_history_manager_attribute", None)
        if manager is not None and not model._meta.proxy:
            history = getattr(model, manager).model
            tracked = {field.name for field in history.tracked_fields}
            for field in model._meta.concrete_fields:
                if rows.is_avatar(field) and field.name in tracked:
                    for alias in rows.databases(history):
                        yield field.name, rows.rows(history, alias).order_by()
