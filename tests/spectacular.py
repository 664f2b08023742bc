"""drf-spectacular, where it is installed and where it is not."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest
from pytest_django import Settings


def described(settings: Settings) -> Any:
    """The OpenAPI document of the URLs now in force, which is valid."""
    pytest.importorskip("drf_spectacular", reason="drf-spectacular is not installed")
    generators: Any = importlib.import_module("drf_spectacular.generators")
    validation: Any = importlib.import_module("drf_spectacular.validation")
    settings.REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
    document = generators.SchemaGenerator().get_schema(public=True)
    validation.validate_schema(document)
    return document


def check_without(monkeypatch: pytest.MonkeyPatch, name: str, schema: str) -> None:
    """The module `name` can be loaded without drf-spectacular; it does without the module `schema` then."""
    monkeypatch.setattr(name, importlib.import_module(name))  # and back again, for who comes later
    monkeypatch.setitem(sys.modules, "drf_spectacular", None)
    monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, schema)

    importlib.import_module(name)

    assert schema not in sys.modules
