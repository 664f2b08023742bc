"""The field: its options, its validation, and what it is to migrations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, InMemoryStorage, default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import models
from django.test.utils import isolate_apps
from django.utils.functional import LazyObject

import django_avatars
from django_avatars.exceptions import INVALID_IMAGE, InvalidImage
from django_avatars.fields import AvatarField
from django_avatars.imaging import pipeline
from django_avatars.imaging.formats import extensions
from django_avatars.imaging.spec import Crop
from django_avatars.naming import by_username, per_user
from tests import pictures
from tests.app.models import Artist, Country, Member, Person, Place, Profile, Scrapbook, Team
from tests.storing import files_of, on_disk, upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


class CountingStorage(InMemoryStorage):
    """Counts how often it was made."""

    made = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).made += 1


class LazyStorage(LazyObject):  # type: ignore[type-arg]  # not a generic at run time
    """Made at its first use, as hosts write it."""

    def _setup(self) -> None:
        self._wrapped = CountingStorage()


@pytest.fixture(autouse=True)
def nothing_made() -> None:
    """A count that starts anew."""
    CountingStorage.made = 0


@pytest.fixture
def processed(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Names of the files that went through imaging, in order."""
    names: list[str | None] = []
    process = pipeline.process

    def spy(source: Any, spec: Any, *, name: str | None = None, crop: Crop | None = None) -> Any:
        names.append(name)
        return process(source, spec, name=name, crop=crop)

    monkeypatch.setattr(pipeline, "process", spy)
    return names


def field_of(model: type[models.Model], name: str) -> Any:
    """One field."""
    return model._meta.get_field(name)


# Options


@pytest.mark.parametrize("option", ["width_field", "height_field"])
def test_fields_for_width_and_height_are_refused(option: str) -> None:
    with pytest.raises(TypeError) as caught:
        AvatarField(**{option: "w"})  # type: ignore[arg-type]

    assert str(caught.value) == (
        f"AvatarField takes no {option!r}: the stored name says the size already. "
        f"Leave it out, and read {option.removesuffix('_field')} from the file."
    )


def test_a_field_is_optional_indexed_and_long_by_default() -> None:
    field: Any = AvatarField()

    assert (field.blank, field.null, field.db_index, field.max_length) == (True, False, True, 255)
    assert field.get_default() == ""
    assert AvatarField(blank=False, db_index=False).blank is False


def test_options_follow_the_settings_at_the_time_of_use(settings: Settings) -> None:
    field = AvatarField()
    assert field.spec.sizes == (512, 256, 128, 64)

    settings.AVATARS = {"SIZES": (32,), "MAX_BYTES": 7, "QUALITY": {"webp": 1}, "BACKGROUND": None, "MIN_SIZE": 9}

    spec = field.spec
    assert (spec.sizes, spec.max_bytes, spec.quality["webp"]) == ((32,), 7, 1)
    assert (spec.background, spec.min_size, spec.max_pixels["GIF"]) == (None, 9, 16_000_000)


def test_options_of_the_field_come_first(settings: Settings) -> None:
    settings.AVATARS = {"SIZES": (32,), "MAX_BYTES": 7}
    field = AvatarField(sizes=[16, 48], output_formats=["png"], input_formats=["GIF"], max_bytes=9, min_size=2)

    spec = field.spec

    assert (spec.sizes, spec.output_formats, spec.input_formats) == ((48, 16), ("png",), ("GIF",))
    assert (spec.max_bytes, spec.min_size) == (9, 2)
    assert field.option("sizes") == (48, 16)
    assert AvatarField().option("sizes") == (32,)


def test_limits_say_what_a_front_end_needs(settings: Settings) -> None:
    settings.AVATARS = {"MAX_BYTES": 5_000_000}

    assert django_avatars.limits(AvatarField(input_formats=("JPEG", "BMP"), min_size=20)) == {
        "max_bytes": 5_000_000,
        "formats": ["JPEG", "BMP"],
        "extensions": list(extensions(("JPEG", "BMP"))),
        "content_types": ["image/jpeg", "image/bmp"],
        "min_size": 20,
    }


# Storage


def test_the_storage_is_the_one_that_settings_name(settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "faces": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "logos": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    assert AvatarField().storage is storages["default"]

    settings.AVATARS = {"STORAGE": "faces"}

    assert AvatarField().storage is storages["faces"]
    assert AvatarField(storage="logos").storage is storages["logos"]


def test_a_storage_follows_the_settings_after_the_class_was_made(settings: Settings, media: Path) -> None:
    field = AvatarField()
    assert field.storage.location == str(media)  # type: ignore[attr-defined]

    settings.MEDIA_ROOT = str(media / "other")
    assert field.storage.location == str(media / "other")  # type: ignore[attr-defined]

    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    assert type(field.storage) is InMemoryStorage


def test_a_storage_itself_is_used_as_it_is(media: Path) -> None:
    storage = FileSystemStorage(media)

    assert AvatarField(storage=storage).storage is storage


def test_a_lazy_storage_is_not_made_before_it_is_used() -> None:
    storage = LazyStorage()
    field = AvatarField(storage=storage)  # type: ignore[arg-type]
    assert CountingStorage.made == 0

    assert field.storage.exists("x") is False
    assert CountingStorage.made == 1


def test_a_callable_is_called_once_and_not_before_the_storage_is_used(settings: Settings) -> None:
    field = AvatarField(storage=CountingStorage)
    assert CountingStorage.made == 0

    assert field.storage is field.storage
    assert CountingStorage.made == 1


def test_a_callable_is_called_again_when_settings_change(settings: Settings) -> None:
    field = AvatarField(storage=CountingStorage)
    first = field.storage

    settings.LANGUAGE_CODE = "de"
    assert field.storage is first
    settings.MEDIA_URL = "/elsewhere/"
    assert field.storage is not first
    assert CountingStorage.made == 2


def test_defining_a_field_makes_no_storage(settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.CountingStorage"}}
    lazy: Any = default_storage
    lazy._wrapped = type(lazy)()._wrapped  # as at start-up: nothing has been asked of it

    AvatarField().deconstruct()
    AvatarField(storage=CountingStorage).deconstruct()

    assert CountingStorage.made == 0
    assert AvatarField().storage.exists("x") is False
    assert CountingStorage.made == 1


@pytest.mark.django_db
def test_pictures_go_to_the_storage_of_their_field(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    storage = InMemoryStorage()
    monkeypatch.setattr(field_of(Place, "photo"), "_storage_source", lambda: storage)

    place = Place.objects.create(photo=upload())

    assert storage.exists(place.photo.stored_name)
    assert on_disk(media) == set()


# Upload paths


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("upload_to", "folder"),
    [
        ("faces", "faces/"),
        ("faces/%%", "faces/%/"),
        ("", ""),
        (lambda instance, filename: f"{instance.name}/{filename}", "Rome/"),
        (lambda instance, filename: f"{instance.name}/renamed.exe", "Rome/"),
        (lambda instance, filename: "flat.jpg", ""),
        (Path("faces"), "faces/"),
    ],
)
def test_only_the_folder_of_upload_to_is_used(monkeypatch: pytest.MonkeyPatch, upload_to: Any, folder: str) -> None:
    field = field_of(Place, "photo")
    monkeypatch.setattr(field, "upload_to", upload_to)
    if callable(upload_to):
        monkeypatch.setattr(field, "generate_filename", AvatarField.generate_filename.__get__(field))

    place = Place.objects.create(name="Rome", photo=upload(name="My Secret Holiday.jpg"))

    head, _, tail = place.photo.stored_name.rpartition("/")
    assert f"{head}/" == folder or (folder, head) == ("", "")
    assert len(tail) == len("x" * 26 + "_64.webp")
    assert "Secret" not in place.photo.stored_name


@pytest.mark.django_db
def test_a_path_with_dates_is_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    team = Team.objects.create(banner=upload())

    assert team.banner.stored_name[:9] == "banners/2"
    assert team.banner.stored_name[:12].removeprefix("banners/").isdigit()


# Validation


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "x.jpg", "empty"),
        (b"hello", "x.jpg", "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg", "unsupported_format"),
        (pictures.photo(96, 96), "x.exe", "extension_not_allowed"),
        (pictures.cut(pictures.photo(96, 96)), "x.jpg", "truncated"),
        (pictures.aspect_bomb(), "x.png", "bad_proportions"),
    ],
    ids=lambda value: value if isinstance(value, str) else "content",
)
def test_a_file_that_cannot_be_used_is_refused_with_a_code(content: bytes, name: str, code: str) -> None:
    with pytest.raises(InvalidImage) as caught:
        field_of(Place, "photo").validate_picture(ContentFile(content, name))

    assert caught.value.code == code
    assert caught.value.messages[0]
    assert caught.value.message == INVALID_IMAGE[code]


def test_full_clean_says_the_code() -> None:
    place = Place(name="Rome", photo=ContentFile(b"hello", "x.jpg"))

    with pytest.raises(ValidationError) as caught:
        place.full_clean()

    (error,) = caught.value.error_dict["photo"]
    assert isinstance(error, InvalidImage)
    assert error.code == "not_an_image"
    assert repr(error) == f"InvalidImage({str(error.message)!r}, code='not_an_image')"


def test_texts_can_be_overridden_by_code() -> None:
    field = AvatarField(error_messages={"empty": "Nothing in it."})

    with pytest.raises(InvalidImage) as caught:
        field.validate_picture(ContentFile(b"", "x.jpg"))
    assert caught.value.messages == ["Nothing in it."]
    assert caught.value.code == "empty"

    with pytest.raises(InvalidImage) as caught:
        field.validate_picture(ContentFile(b"x", "x.jpg"))
    assert caught.value.message == INVALID_IMAGE["not_an_image"]


def test_limits_are_told_with_their_figures() -> None:
    field = AvatarField(max_bytes=100, min_size=200)

    with pytest.raises(InvalidImage) as caught:
        field.validate_picture(upload())

    assert caught.value.code == "too_large"
    assert caught.value.messages == ["This picture is 1.4 kB. The limit is 0.1 kB."]


@pytest.mark.parametrize("value", ["", None, "covers/x.jpg", "../../etc/passwd"])
def test_names_are_not_judged(value: str | None) -> None:
    AvatarField().validate_picture(value)


@pytest.mark.django_db
def test_stored_pictures_are_not_judged_again(processed: list[str]) -> None:
    place = Place.objects.create(name="Rome", photo=upload())
    processed.clear()

    place.full_clean()
    field_of(Place, "photo").validate_picture(Scrapbook(cover="x.txt").cover)

    assert processed == []


@pytest.mark.django_db
def test_what_was_validated_is_not_processed_again(processed: list[str]) -> None:
    place = Place(name="Rome", photo=upload())

    place.full_clean()
    place.save()

    assert processed == ["photo.jpg"]


@pytest.mark.django_db
def test_a_form_processes_once_from_validation_to_storage(processed: list[str]) -> None:
    form_class: Any = forms.modelform_factory(Place, fields=["name", "photo"])
    form = form_class({"name": "Rome"}, {"photo": SimpleUploadedFile("me.jpg", pictures.photo(96, 96), "image/jpeg")})

    assert form.is_valid(), form.errors
    place = form.save()

    assert place.photo.sizes == (64,)
    assert processed == ["me.jpg"]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "given"), [("x.jpg", "y.jpg"), ("", "y.jpg"), ("", None), ("x.jpg", None)])
def test_save_of_the_file_processes_once(processed: list[str], name: str, given: str | None) -> None:
    place = Place()

    place.photo.save(name, ContentFile(pictures.photo(96, 96), given))

    assert len(processed) == 1
    assert place.photo.sizes == (64,)


@pytest.mark.django_db
def test_save_of_the_file_looks_at_the_ending_that_it_was_given(transactional_db: None) -> None:
    with pytest.raises(InvalidImage) as caught:
        Place().photo.save("x.exe", upload())

    assert caught.value.code == "extension_not_allowed"
    assert not Place.objects.exists()


@pytest.mark.django_db
def test_one_file_for_two_fields_is_processed_for_each_as_it_asks(processed: list[str], media: Path) -> None:
    file = ContentFile(pictures.photo(600, 600), "x.jpg")

    team = Team.objects.create(logo=file, banner=file)

    assert len(processed) == 2
    assert (team.logo.sizes, team.banner.sizes) == ((512, 256, 128, 64), (256, 32))
    assert team.banner.stored_name.endswith("_256-32_webp.jpg")
    assert on_disk(media) == files_of(team.logo.name, team.banner.name)


def test_another_crop_is_another_picture(processed: list[str]) -> None:
    file = ContentFile(pictures.saved(pictures.quadrants(100, 100)), "x.png")
    field = AvatarField(sizes=(10,))

    whole = field.process(file)
    assert field.process(file) is whole
    file.avatar_crop = Crop(0, 0.0, 0.0, 0.5)  # type: ignore[attr-defined]
    corner = field.process(file)

    assert len(processed) == 2
    assert corner.renditions[0].data != whole.renditions[0].data


def test_other_settings_make_another_picture(processed: list[str], settings: Settings) -> None:
    file, field = upload(), AvatarField()

    field.process(file)
    settings.AVATARS = {"SIZES": (32,)}
    again = field.process(file)

    assert len(processed) == 2
    assert again.sizes == (32,)


@pytest.mark.django_db
def test_a_nameless_file_is_stored(processed: list[str]) -> None:
    place = Place.objects.create(photo=ContentFile(pictures.photo(96, 96)))

    assert place.photo.sizes == (64,)
    assert processed == ["picture"]


def test_a_file_is_read_from_its_start_and_left_there() -> None:
    file = upload()
    file.seek(50)

    AvatarField().process(file)
    assert file.tell() == 0

    bad = ContentFile(b"hello", "x.jpg")
    with pytest.raises(InvalidImage):
        AvatarField().process(bad)
    assert bad.tell() == 0


@pytest.fixture
def temporary() -> Iterator[TemporaryUploadedFile]:
    """A large upload, as Django keeps it on disk."""
    file = TemporaryUploadedFile("me.jpg", "image/jpeg", 0, None)
    file.write(pictures.photo(96, 96))
    file.size = file.tell()
    file.seek(0)
    yield file
    file.close()


@pytest.mark.django_db
def test_an_upload_on_disk_is_stored(temporary: TemporaryUploadedFile) -> None:
    assert Place.objects.create(photo=temporary).photo.sizes == (64,)


@pytest.mark.django_db
def test_an_upload_that_was_closed_after_its_validation_is_stored(temporary: TemporaryUploadedFile) -> None:
    place = Place(name="Rome", photo=temporary)
    place.full_clean()
    temporary.close()

    place.save()

    assert place.photo.sizes == (64,)


@pytest.mark.django_db
def test_an_upload_that_was_closed_before_anybody_looked_cannot_be_stored(
    temporary: TemporaryUploadedFile, media: Path
) -> None:
    place = Place(photo=temporary)
    temporary.close()

    with pytest.raises(ValueError, match="cannot be reopened"):
        place.save()

    assert on_disk(media) == set()
    assert not Place.objects.exists()


@pytest.mark.django_db
def test_a_file_that_can_be_opened_again_is(tmp_path: Path) -> None:
    path = tmp_path / "me.jpg"
    path.write_bytes(pictures.photo(96, 96))
    with path.open("rb") as source:
        on_host = File(source, str(path))
    assert on_host.closed

    with on_host:
        assert Place.objects.create(photo=on_host).photo.sizes == (64,)


# What it is to migrations


@pytest.mark.parametrize(
    ("field", "kwargs"),
    [
        (AvatarField(), {}),
        (AvatarField(upload_to=per_user, storage="faces", sizes=(8,), output_formats=("png",), max_bytes=1), {}),
        (AvatarField(input_formats=("GIF",), storage=InMemoryStorage), {}),
        (AvatarField(upload_to=by_username), {"upload_to": by_username}),
        (AvatarField(upload_to="faces"), {"upload_to": "faces"}),
        (AvatarField(blank=False, db_index=False), {"blank": False, "db_index": False}),
        (AvatarField(max_length=100), {"max_length": 100}),
        (AvatarField(max_length=300, null=True, default="x"), {"max_length": 300, "null": True, "default": "x"}),
        (AvatarField("picture", help_text="h"), {"verbose_name": "picture", "help_text": "h"}),
    ],
)
def test_migrations_know_what_the_database_must(field: AvatarField, kwargs: dict[str, Any]) -> None:
    _, path, args, given = field.deconstruct()

    assert path == "django_avatars.fields.AvatarField"
    assert args == []
    assert given == kwargs
    again = AvatarField(*args, **given)
    assert again.deconstruct()[1:] == (path, args, given)
    for option in ("blank", "null", "db_index", "max_length", "default", "upload_to"):
        assert getattr(again, option) == getattr(field, option)


@pytest.mark.django_db
def test_a_clone_keeps_the_options_only_the_database_knows() -> None:
    clone = field_of(Team, "banner").clone()

    assert clone.upload_to == "banners/%Y"
    assert clone.option("sizes") == (512, 256, 128, 64)


@isolate_apps("tests.app")
def test_every_class_of_an_abstract_base_has_a_field_of_its_own() -> None:
    class Base(models.Model):
        picture = AvatarField(sizes=(8,))

        class Meta:
            abstract = True
            app_label = "app"

    class One(Base):
        pass

    class Two(Base):
        pass

    assert field_of(One, "picture") is not field_of(Two, "picture")
    assert field_of(Two, "picture").option("sizes") == (8,)
    assert getattr(One.save_base, "replaces_avatars", False) is True
    assert getattr(Base.save_base, "replaces_avatars", False) is False


def test_models_are_watched_once() -> None:
    from tests.app.models import Cafe, Restaurant

    assert Restaurant.save_base is Place.save_base is Cafe.save_base
    assert Team.save_base.__wrapped__ is models.Model.save_base  # type: ignore[attr-defined]
    assert not hasattr(Scrapbook.save_base, "replaces_avatars")


def test_columns_are_text_of_the_right_length() -> None:
    assert field_of(Profile, "profile_pic").get_internal_type() == "FileField"
    assert field_of(Artist, "portrait").max_length == 255
    assert field_of(Country, "flag").null
    assert {field_of(Person, "picture").db_index, field_of(Member, "photo").db_index} == {True}
