"""Migrations say what the database must know, and nothing that a setting may change."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter

from django_avatars.fields import AvatarField
from django_avatars.naming import by_username
from django_avatars.profile.models import Profile as ReadyProfile
from tests.app.models import Place, Team
from tests.storing import files_of, on_disk, upload


@pytest.mark.django_db
def test_nothing_is_missing_from_our_migrations() -> None:
    output = io.StringIO()

    call_command("makemigrations", "--check", "--dry-run", "avatars_profile", stdout=output)

    assert output.getvalue() == "No changes detected in app 'avatars_profile'\n"


@pytest.mark.django_db
def test_other_settings_are_no_change(settings: Any) -> None:
    settings.AVATARS = {"SIZES": (32,), "OUTPUT_FORMATS": ("jpg",), "STORAGE": "other", "INPUT_FORMATS": ("BMP",)}
    settings.STORAGES = {**settings.STORAGES, "other": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}

    call_command("makemigrations", "--check", "--dry-run", "avatars_profile", verbosity=0)


def test_the_core_has_no_models_and_no_migrations() -> None:
    assert list(apps.get_app_config("django_avatars").get_models()) == []
    assert apps.get_app_config("django_avatars").models_module is None


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        (AvatarField(), ""),
        (AvatarField(sizes=(8,), storage="faces"), ""),
        (AvatarField(upload_to="faces/%Y"), "upload_to='faces/%Y'"),
        (AvatarField(upload_to=by_username), "upload_to=django_avatars.naming.by_username"),
    ],
)
def test_a_field_is_written_in_one_line(field: AvatarField, arguments: str) -> None:
    text, imports = MigrationWriter.serialize(field)

    assert text == f"django_avatars.fields.AvatarField({arguments})"
    assert "import django_avatars.fields" in imports


def test_a_field_in_the_state_of_a_migration_equals_itself() -> None:
    for model in (Team, Place, ReadyProfile):
        state = ModelState.from_model(model)
        again = state.clone()
        for name, field in state.fields.items():
            assert field.deconstruct()[1:] == again.fields[name].deconstruct()[1:]


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_rows_of_a_data_migration_look_after_their_pictures(media: Path) -> None:
    state = ProjectState()
    state.add_model(ModelState.from_model(Place))
    historic: Any = state.apps.get_model("app", "Place")
    assert historic is not Place

    place = historic.objects.create(name="Rome", photo=upload())
    first = place.photo.name
    place.photo = upload(seed=1)
    place.save()
    assert on_disk(media) == files_of(place.photo.name)
    assert first != place.photo.name

    place.delete()
    assert on_disk(media) == set()


@pytest.mark.django_db(transaction=True)
def test_a_field_can_be_added_to_a_table() -> None:
    state = ProjectState()
    create = migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True))])
    add = migrations.AddField("Thing", "picture", AvatarField())
    create.state_forwards("app", state)
    with_field = state.clone()
    add.state_forwards("app", with_field)
    with connection.schema_editor() as editor:
        create.database_forwards("app", editor, ProjectState(), state)
    with connection.schema_editor() as editor:
        add.database_forwards("app", editor, state, with_field)

    thing: Any = with_field.apps.get_model("app", "Thing")
    assert not thing.objects.create().picture
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "app_thing")
    assert any(one["index"] and one["columns"] == ["picture"] for one in constraints.values())

    with connection.schema_editor() as editor:
        editor.delete_model(thing)
