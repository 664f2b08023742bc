"""Every mistake a host can make is found at start-up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, Error, run_checks
from django.core.files.storage import InMemoryStorage, InvalidStorageError, Storage, default_storage, storages
from django.db import models
from django.test.utils import isolate_apps
from pytest_django import Settings

from django_avatars import checks, conf, targets
from django_avatars.fields import AvatarField
from django_avatars.imaging import formats
from django_avatars.naming import by_username
from django_avatars.providers import drawing
from tests.app.models import Profile, Seat, Team, User

ALL_KEYS = ", ".join(conf.RULES)


def found(settings: Settings, **given: Any) -> list[CheckMessage]:
    """What the checks say to these settings."""
    settings.AVATARS = given
    return checks.check_values()


def ids(messages: list[CheckMessage]) -> list[str]:
    """The ids alone."""
    return [str(message.id) for message in messages]


def test_the_settings_of_these_tests_are_good() -> None:
    assert checks.check_settings() == []


def test_the_checks_run_with_all_others(settings: Settings) -> None:
    settings.AVATARS = {"SIZE": 1}

    assert "django_avatars.E002" in ids(run_checks())


def test_no_settings_are_good_settings(settings: Settings) -> None:
    settings.AVATARS = None
    assert checks.check_values() == []

    del settings.AVATARS
    assert checks.check_values() == []


def test_settings_are_a_dict(settings: Settings) -> None:
    settings.AVATARS = ["SIZES"]

    assert checks.check_settings() == [
        Error(
            "AVATARS is ['SIZES'], must be a dict.",
            hint='Write it as AVATARS = {"SIZES": (256, 64)}.',
            id="django_avatars.E001",
        )
    ]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("SIZE", "Did you mean 'SIZES'?"),
        ("max_byte", "Did you mean 'MAX_BYTES'?"),
        ("whatever", f"There is: {ALL_KEYS}."),
        (7, f"There is: {ALL_KEYS}."),
    ],
)
def test_an_unknown_key_is_named_with_what_was_meant(settings: Settings, key: Any, hint: str) -> None:
    settings.AVATARS = {key: 1}

    assert checks.check_values() == [
        Error(f"AVATARS has the unknown key {key!r}, which has no effect.", hint=hint, id="django_avatars.E002")
    ]


BAD = [
    ("FIELD", "profile.picture", "E003"),
    ("FIELD", 7, "E003"),
    ("STORAGE", None, "E004"),
    ("STORAGE", "nowhere", "E004"),
    ("PRIVATE_STORAGE", "nowhere", "E029"),
    ("PRIVATE_FILES", None, "E074"),
    ("PRIVATE_FILES", "X-Accel-Redirect: private", "E074"),
    ("PRIVATE_STORAGE", True, "E029"),
    ("POLICY", 7, "E034"),
    ("VISIBLE", 7, "E036"),
    ("APPROVAL", 7, "E070"),
    ("BLOCK_DISTANCE", 65, "E072"),
    ("ANONYMOUS_REPORTS", "yes", "E073"),
    ("APPROVAL", "all", "E071"),
    ("SIZES", (), "E005"),
    ("SIZES", 64, "E005"),
    ("SIZES", "64", "E005"),
    ("SIZES", {64, 128}, "E005"),
    ("SIZES", (0,), "E005"),
    ("SIZES", (10_000,), "E005"),
    ("SIZES", (64.0,), "E005"),
    ("SIZES", (True,), "E005"),
    ("SIZES", (64, 128, 64), "E005"),
    ("OUTPUT_FORMATS", ("gif",), "E006"),
    ("OUTPUT_FORMATS", "webp", "E006"),
    ("OUTPUT_FORMATS", ([],), "E006"),
    ("QUALITY", 80, "E007"),
    ("QUALITY", {"webp": 0}, "E007"),
    ("QUALITY", {"webp": 101}, "E007"),
    ("QUALITY", {"png": 80}, "E007"),
    ("MAX_BYTES", 0, "E008"),
    ("MAX_BYTES", "10 MB", "E008"),
    ("MAX_PIXELS", 1_000_000, "E009"),
    ("MAX_PIXELS", {"TIFF": 1_000_000}, "E009"),
    ("MAX_PIXELS", {"PNG": 0}, "E009"),
    ("MIN_SIZE", 0, "E010"),
    ("INPUT_FORMATS", ("TIFF",), "E011"),
    ("INPUT_FORMATS", ("jpeg",), "E011"),
    ("BACKGROUND", "white", "E012"),
    ("BACKGROUND", 0, "E012"),
    ("PROVIDERS", [], "E013"),
    ("PROVIDERS", [len], "E013"),
    ("NAME", len, "E014"),
    ("INITIALS", 0, "E041"),
    ("MEMORY", 0, "E044"),
    ("FOCUS", None, "E043"),
    ("FOCUS", "project.faces.find", "E020"),
    ("SITE", "www.example.com", "E042"),
    ("FONT", [], "E017"),
    ("FONT", ["/nowhere/font.ttf"], "E017"),
    ("INITIALS", "1", "E041"),
    ("PALETTE", (), "E015"),
    ("PALETTE", ["#fff"], "E015"),
    ("PALETTE", ["#1970b2 "], "E015"),
    ("PALETTE", ["#ffffff"], "E016"),
    ("FONT", b"font.ttf", "E017"),
    ("FONT", Path("/nowhere/font.ttf"), "E017"),
    ("FONT", "/nowhere/font.ttf", "E017"),
    ("FONT", "\0", "E017"),
    ("GRAVATAR", "mp", "E018"),
    ("GRAVATAR", {"d": 404}, "E018"),
    ("PROVIDERS", ["nowhere.at.all"], "E020"),
    ("PROVIDERS", ["nodots"], "E020"),
    ("PROVIDERS", [".providers.uploaded"], "E020"),
    ("NAME", "django_avatars.conf.PALETTE", "E020"),
    ("KEEP_SOURCE", "private", "E028"),
    ("CLIENT_CROP", "yes", "E025"),
    ("ANIMATION", "yes", "E045"),
    ("ANIMATION", {"FRAMES": None}, "E045"),
    ("ANIMATION", {"SECONDS": 0}, "E045"),
    ("ANIMATION", {"BYTES": 1}, "E045"),
    ("CAMERA", 1, "E026"),
    ("GALLERY", {"file": "fox.jpg", "name": "Fox"}, "E050"),
    ("LETTERS", "yes", "E052"),
    ("CONNECTED", "django_avatars.connected.gravatar", "E053"),
    ("CONNECTED", ["nowhere.at.all"], "E020"),
    ("TASKS", 1, "E027"),
    ("TASKS", "nowhere", "E027"),
    ("REFERENCES", "django_avatars.contrib.reversion.references", "E035"),
    ("REFERENCES", [7], "E035"),
    ("HISTORY", {"KEEP": -1}, "E040"),
    ("HISTORY", {"DAYS": None}, "E040"),
    ("HISTORY", {"DAYS": 1_000_000}, "E040"),  # no date is that long ago
    ("HISTORY", {"YEARS": 1}, "E040"),
    ("HISTORY", 7, "E040"),
    ("HISTORY", {"BYTES": 1, "PER": 7}, "E040"),
    ("HISTORY", {"PER": "person"}, "E040"),
    ("HISTORY", {"BYTES": 1, "PER": "nowhere.at.all"}, "E020"),
    ("REFERENCES", ["nowhere.at.all"], "E020"),
    ("SOCIAL_PICTURE", None, "E046"),
    ("SOCIAL_PICTURE", "sometimes", "E046"),
    ("RATE_LIMIT", "10 a minute", "E024"),
    ("RATE_LIMIT", "0/m", "E024"),
    ("RATE_LIMIT", 10, "E024"),
    ("RATE_LIMIT", "nowhere.at.all", "E020"),
]


@pytest.mark.parametrize(
    ("key", "value", "number"), BAD, ids=[f"{key} {number}" for number, (key, *_) in enumerate(BAD)]
)
def test_a_bad_value_is_found(settings: Settings, key: str, value: Any, number: str) -> None:
    messages = found(settings, **{key: value})

    assert ids(messages) == [f"django_avatars.{number}"]
    assert messages[0].msg.startswith(f"AVATARS[{key!r}] ")


GOOD = {
    "MEMORY": 1,
    "FOCUS": "django_avatars.imaging.focus.upper_third",
    "HISTORY": {"KEEP": 0, "BYTES": 10_000_000, "PER": "person"},
    "FIELD": "app.Profile.profile_pic",
    "REFERENCES": ["django_avatars.naming.parse"],
    "STORAGE": "staticfiles",
    "PRIVATE_FILES": "X-Accel-Redirect: /private/",
    "PRIVATE_STORAGE": "staticfiles",
    "SIZES": [1, 9999],
    "OUTPUT_FORMATS": ["avif", "jpg", "png", "webp"],
    "QUALITY": {"avif": 1},
    "MAX_BYTES": 1,
    "MAX_PIXELS": {"JPEG_PROGRESSIVE": 1},
    "MIN_SIZE": 1,
    "INPUT_FORMATS": ["JPEG", "BMP", "AVIF", "HEIC"],
    "BACKGROUND": None,
    "KEEP_SOURCE": True,
    "CLIENT_CROP": True,
    "ANIMATION": {"FRAMES": 30, "LOOPS": None},
    "CAMERA": True,
    "GALLERY": [{"file": __file__, "name": "A picture", "credit": "By nobody"}],
    "LETTERS": True,
    "CONNECTED": ["django_avatars.naming.parse"],
    "PROVIDERS": ["django_avatars.providers.initials"],
    "NAME": "django_avatars.naming.fold",
    "INITIALS": 1,
    "SITE": "https://www.example.com",
    "PALETTE": ["#000000", "#1970B2"],
    "FONT": None,
    "GRAVATAR": {"d": "mp"},
    "SOCIAL_PICTURE": "login",
    "RATE_LIMIT": "100/d",
    "POLICY": "django_avatars.naming.fold",
    "VISIBLE": "django_avatars.naming.fold",
    "APPROVAL": None,
    "BLOCK_DISTANCE": 12,
    "ANONYMOUS_REPORTS": True,
    "TASKS": "default",
}


def test_good_values_of_every_key_are_good(settings: Settings) -> None:
    assert GOOD.keys() == conf.RULES.keys()
    assert found(settings, **GOOD) == []


@pytest.mark.parametrize("key", conf.RULES)
def test_defaults_are_good(settings: Settings, key: str) -> None:
    assert found(settings, **{key: getattr(conf.Settings(), key.lower())}) == []


def test_a_message_says_what_was_given_and_what_must_be(settings: Settings) -> None:
    assert found(settings, SIZES=(64, 0)) == [
        Error(
            "AVATARS['SIZES'] is (64, 0), must be a list of different sizes, 1 to 9999 pixels.",
            hint="Leave it out for the default, (512, 256, 128, 64).",
            id="django_avatars.E005",
        )
    ]


def test_a_forgotten_comma_is_recognised(settings: Settings) -> None:
    assert found(settings, OUTPUT_FORMATS="webp")[0].hint == "A single value needs a comma: ('webp',)."


def test_whoever_wants_svg_is_told_why_not(settings: Settings) -> None:
    message = found(settings, INPUT_FORMATS=["PNG", "SVG"])[0]

    assert message.hint == "SVG is a document that can carry scripts; it is never accepted."


def test_a_missing_storage_alias_is_named_with_those_there_are(settings: Settings) -> None:
    assert found(settings, STORAGE="photos") == [
        Error(
            "AVATARS['STORAGE'] is 'photos', must be an alias in STORAGES.",
            hint="There is: default, staticfiles.",
            id="django_avatars.E004",
        )
    ]


def test_a_color_that_is_too_light_is_named_with_its_contrast(settings: Settings) -> None:
    assert found(settings, PALETTE=["#1970b2", "#ffcc00"]) == [
        Error(
            "AVATARS['PALETTE'] has '#ffcc00': white on it has a contrast of 1.51:1.",
            hint="Choose a darker one, or one of django_avatars.conf.PALETTE.",
            id="django_avatars.E016",
        )
    ]


def test_the_limit_of_contrast_is_a_limit(settings: Settings) -> None:
    just_enough, too_light = "#767676", "#777777"

    assert drawing.contrast(too_light) < checks.CONTRAST < drawing.contrast(just_enough)
    assert found(settings, PALETTE=[just_enough]) == []
    assert ids(found(settings, PALETTE=[too_light])) == ["django_avatars.E016"]


def test_a_name_that_cannot_be_called_is_said_so(settings: Settings) -> None:
    assert found(settings, NAME="django_avatars.conf.PALETTE") == [
        Error(
            "AVATARS['NAME'] has 'django_avatars.conf.PALETTE', which cannot be used: it cannot be called.",
            hint='Give the dotted path of a function, such as "project.people.display_name".',
            id="django_avatars.E020",
        )
    ]


def test_a_module_that_fails_is_said_so(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "failing_names.py").write_text("name = nothing_of_that_name\n")
    monkeypatch.syspath_prepend(tmp_path)

    [error] = found(settings, NAME="failing_names.name")

    assert error.id == "django_avatars.E020"
    assert "which cannot be used: name 'nothing_of_that_name' is not defined." in error.msg


def test_every_mistake_is_reported_at_once(settings: Settings) -> None:
    assert ids(found(settings, SIZES=(), MAX_BYTES=0, SIZE=1)) == [
        f"django_avatars.E00{number}" for number in (2, 5, 8)
    ]


def test_bad_values_stop_the_checks_that_need_good_ones(settings: Settings) -> None:
    settings.AVATARS = {"FIELD": "no.such.field", "SIZES": 5}

    assert ids(checks.check_settings()) == ["django_avatars.E005"]


# Whose picture


def test_an_unknown_field_is_an_error(settings: Settings) -> None:
    settings.AVATARS = {"FIELD": "app.Profile.bio"}

    [message] = checks.check_settings()

    assert message.id == "django_avatars.E019"
    assert message.msg.startswith("AVATARS['FIELD'] is 'app.Profile.bio', which is not an AvatarField")


def test_an_ambiguous_field_is_an_error_that_lists_the_choices(settings: Settings) -> None:
    settings.AVATARS = {}

    [message] = checks.check_settings()

    assert message.id == "django_avatars.E019"
    assert "avatars_profile.Profile.picture" in message.msg
    assert "app.Profile.profile_pic" in message.msg


def test_a_project_whose_users_have_no_picture_is_fine(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.AVATARS = {}
    monkeypatch.setattr(targets, "candidates", list)

    assert checks.check_settings() == []


# Fields


def test_fields_of_these_tests_are_good() -> None:
    assert [message for model in (Profile, Seat, Team) for message in model.check()] == []


@pytest.mark.parametrize(
    ("options", "number", "text"),
    [
        ({"sizes": (0,)}, "E101", "sizes is (0,), must be a list of different sizes, 1 to 9999 pixels."),
        ({"sizes": ()}, "E101", "sizes is (), must be a list of different sizes, 1 to 9999 pixels."),
        ({"sizes": (64, 64)}, "E101", "sizes is (64, 64), must be a list of different sizes, 1 to 9999 pixels."),
        (
            {"output_formats": ["gif"]},
            "E102",
            "output_formats is ('gif',), must be a list of some of: webp, avif, jpg, png.",
        ),
        ({"input_formats": ["SVG"]}, "E103", None),
        ({"max_bytes": 0}, "E104", "max_bytes is 0, must be a number of bytes."),
        ({"min_size": "64"}, "E105", "min_size is '64', must be a number of pixels, 1 or more."),
        ({"storage": "photos"}, "E106", "storage is 'photos', must be an alias in STORAGES."),
        ({"storage": lambda: "no storage"}, "E106", "storage gives 'no storage', must be a Storage."),
        ({"storage": 5}, "E106", "storage gives 5, must be a Storage."),
        ({"error_messages": {"to_large": "No."}}, "E107", "error_messages has the unknown code 'to_large'."),
    ],
)
def test_a_bad_option_of_a_field_is_found(options: dict[str, Any], number: str, text: str | None) -> None:
    field = AvatarField(**options)

    [message] = checks.check_field(field)

    assert (message.id, message.obj) == (f"django_avatars.{number}", field)
    assert text is None or message.msg == text


def test_a_storage_that_cannot_be_made_is_found() -> None:
    def storage() -> Storage:
        raise InvalidStorageError("There is no alias 'photos'")

    [message] = checks.check_field(AvatarField(storage=storage))

    assert message.id == "django_avatars.E106"
    assert message.msg.endswith("which fails with InvalidStorageError: There is no alias 'photos'.")
    assert checks.check_field(AvatarField(storage=lambda: storages["default"])) == []
    assert checks.check_field(AvatarField(storage=default_storage)) == []


def test_a_storage_that_raises_anything_is_found(settings: Settings) -> None:
    def storage() -> Storage:
        raise KeyError("BUCKET")

    field = AvatarField(storage=storage)

    [message] = checks.check_field(field)
    settings.AVATARS = {"SIZES": None}

    assert message.msg.endswith("which fails with KeyError: 'BUCKET'.")
    assert checks.check_field(field) == []  # it may have read them
    assert [found.id for found in checks.check_settings()] == ["django_avatars.E005"]


class Resizing(InMemoryStorage):
    """Stores one file a picture."""

    resizes_by_url = True


@isolate_apps("tests.app")
def test_a_column_that_is_too_short_for_the_names_is_found(settings: Settings) -> None:
    class Painter(models.Model):
        face = AvatarField(max_length=62)
        good = AvatarField(max_length=63)
        hand = AvatarField(max_length=30, upload_to="hands", sizes=(64,))
        unlimited = AvatarField(max_length=None)
        anywhere = AvatarField(max_length=30, upload_to=by_username)
        alone = AvatarField(max_length=43, storage=Resizing())

        class Meta:
            app_label = "app"

    def too_short() -> dict[str, str]:
        fields: Any = Painter._meta.local_fields
        messages = [message for field in fields[1:] for message in checks.check_field(field)]
        return {message.obj.name: f"{message.id} {message.msg}" for message in messages}

    settings.AVATARS = {**settings.AVATARS, "SIZES": (512, 256, 128, 64)}
    said = "django_avatars.E109 max_length is {}, must be {} or more: so long are names of pictures."
    assert too_short() == {"face": said.format(62, 63), "hand": said.format(30, 40)}

    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True}
    assert too_short()["good"] == said.format(63, 67)

    settings.AVATARS = {"SIZES": 5}
    assert too_short() == {}


@isolate_apps("tests.app")
def test_a_delete_that_django_does_not_hear_of_is_warned_about() -> None:
    in_the_database = getattr(models, "DB_CASCADE", models.DO_NOTHING)  # Django 6.1

    class Painter(models.Model):
        user = models.OneToOneField(User, on_delete=in_the_database)
        team = models.ForeignKey(Team, on_delete=models.CASCADE)
        face = AvatarField()

        class Meta:
            app_label = "app"

    field = Painter._meta.get_field("face")
    [message] = checks.check_field(field)

    assert (message.id, message.obj) == ("django_avatars.W005", field)
    assert f"app.Painter with the one that 'user' points at (on_delete={in_the_database.__name__})" in message.msg
    assert "avatars_prune" in str(message.hint)


def test_a_misspelt_code_is_named_with_what_was_meant() -> None:
    [message] = checks.check_field(AvatarField(error_messages={"to_large": "No."}))

    assert message.hint == "Did you mean 'too_large'?"


@isolate_apps("tests.app")
def test_the_field_of_the_description_has_to_be_there() -> None:
    class Painter(models.Model):
        words = models.CharField(max_length=200)
        face = AvatarField(alt_field="words")
        hand = AvatarField(alt_field="word")

        class Meta:
            app_label = "app"

    assert checks.check_field(Painter._meta.get_field("face")) == []
    assert checks.check_field(Painter._meta.get_field("hand")) == [
        Error(
            "alt_field is 'word', which app.Painter does not have.",
            hint="Did you mean 'words'?",
            obj=Painter._meta.get_field("hand"),
            id="django_avatars.E108",
        )
    ]


def test_good_options_of_a_field_are_good() -> None:
    field = AvatarField(
        sizes=[64, 32],
        storage="default",
        min_size=64,
        max_bytes=1,
        error_messages={"too_large": "No.", "unique": "No."},
    )

    assert checks.check_field(field) == []


def test_a_field_checks_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    field: Any = Profile.profile_pic.field
    monkeypatch.setitem(field._options, "sizes", (0,))

    assert "django_avatars.E101" in ids(Profile.check())


def test_an_absurd_size_is_warned_about(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "SIZES": (2048,)}
    assert checks.check_settings() == []
    assert checks.check_field(AvatarField(sizes=[2048])) == []

    settings.AVATARS = {**settings.AVATARS, "SIZES": (64, 2049)}
    assert ids(checks.check_settings()) == ["django_avatars.W004"]
    assert ids(checks.check_field(AvatarField(sizes=[4096]))) == ["django_avatars.W004"]


# What is installed


@pytest.mark.parametrize(
    ("version", "warns"), [("12.2.1", True), ("9.5.0", True), ("12.3.0", False), ("13.0.0.dev0", False)]
)
def test_an_old_pillow_is_warned_about(version: str, warns: bool) -> None:
    assert ids(checks.check_pillow_version(version)) == ["django_avatars.W001"] * warns


def test_the_warning_says_what_to_install() -> None:
    [message] = checks.check_pillow_version("12.2.1")

    assert message.msg == "Pillow 12.2.1 has known memory errors that an uploaded picture can reach."
    assert message.hint == "Install Pillow 12.3 or newer."


def test_a_pillow_without_webp_is_an_error_and_one_without_avif_only_where_it_is_wanted() -> None:
    given = conf.Settings()
    assert [message.msg for message in checks.missing_formats(given, lacking={"webp", "avif"})] == [
        "AVATARS['OUTPUT_FORMATS'] has 'webp', which Pillow here cannot write.",
        "AVATARS['INPUT_FORMATS'] has 'WEBP', which Pillow here cannot read.",
    ]
    assert checks.missing_formats(given, lacking={"avif"}) == []

    given = conf.Settings(output_formats=("avif",), input_formats=("AVIF",))
    assert ids(checks.missing_formats(given, lacking={"avif"})) == ["django_avatars.E021", "django_avatars.E022"]


@pytest.mark.parametrize("installed", [True, False])
def test_heic_needs_its_extra(installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "heif_is_installed", lambda: installed)
    given = conf.Settings(input_formats=("JPEG", "HEIC"))

    assert ids(checks.missing_formats(given, lacking=set())) == ["django_avatars.W006"] * (not installed)
    assert checks.missing_formats(conf.Settings(), lacking=set()) == []

    given = conf.Settings(input_formats=("HEIC",))
    assert ids(checks.missing_formats(given, lacking=set())) == ["django_avatars.E023"] * (not installed)

    field = AvatarField(input_formats=("JPEG", "HEIC"))
    assert ids(checks.check_field(field)) == ["django_avatars.W006"] * (not installed)
    assert field.limits()["formats"] == ["JPEG", "HEIC"][: 1 + installed]
    assert field.limits()["extensions"][-1] == ("hif" if installed else "mpo")


def test_a_field_without_the_app_says_what_to_install(settings: Settings) -> None:
    field = Profile._meta.get_field("profile_pic")
    assert checks.check_field(field) == []
    settings.INSTALLED_APPS = [name for name in settings.INSTALLED_APPS if name != "django_avatars"]

    (problem,) = checks.check_field(field)

    assert (problem.id, problem.hint) == ("django_avatars.E110", "Add 'django_avatars' to INSTALLED_APPS.")


# The table


def test_every_id_has_one_meaning_and_every_message_an_id_of_the_table() -> None:
    used = (
        {rule.id for rule in conf.RULES.values()}
        | {number for _, _, number in BAD}
        | set(checks.FIELD_OPTIONS.values())
    )
    used |= {"E001", "E002", "E019", "E021", "E022", "E023", "E051", "E106", "E107", "E108", "E109", "E110"}
    used |= {"W001", "W003", "W004", "W005", "W006", "W008", "W009", "W020", "E120"}
    used |= {"W060", "I060"}  # of contrib.django_avatar

    assert {f"django_avatars.{number}" for number in used} == checks.IDS.keys()
    assert len(set(checks.IDS.values())) == len(checks.IDS)


def test_importing_the_forms_and_the_admin_loads_no_pillow() -> None:
    imports = "import sys, django; django.setup(); import django_avatars.forms, django_avatars.admin"
    code = f"{imports}; sys.exit('PIL' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("backend", "warns"),
    [("db.DatabaseCache", True), ("filebased.FileBasedCache", True), ("locmem.LocMemCache", False),
     ("redis.RedisCache", False), ("dummy.DummyCache", False)],
)  # fmt: skip
def test_a_cache_that_cannot_count_is_warned_about(backend: str, warns: bool, settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": "x"}}

    assert ids(checks.check_cache()) == ["django_avatars.W003"] * warns
    for limit in (None, "tests.test_throttling.never"):
        settings.AVATARS = {"RATE_LIMIT": limit}
        assert checks.check_cache() == []


LOCAL = "django.core.files.storage.FileSystemStorage"


@pytest.mark.parametrize(
    ("storage", "root", "warns"),
    [
        ({"BACKEND": LOCAL}, "", True),
        ({"BACKEND": LOCAL}, "media", False),
        ({"BACKEND": LOCAL, "OPTIONS": {"location": "pictures"}}, "", False),
        ({"BACKEND": "django.core.files.storage.InMemoryStorage"}, "", False),
    ],
)
def test_pictures_without_a_folder_of_their_own_are_warned_about(
    storage: dict[str, object], root: str, warns: bool, settings: Settings
) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    settings.MEDIA_ROOT = root

    assert ids(checks.check_settings()) == ["django_avatars.W009"] * warns


def test_the_warning_about_the_cache_says_what_to_do(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "x"}}

    [message] = checks.check_cache()

    assert message.msg == (
        "DatabaseCache counts several requests at once as one, so they get past AVATARS['RATE_LIMIT']."
    )
    assert message.hint == (
        "Let the default cache be Redis or Memcached, or count elsewhere: RATE_LIMIT may be a dotted path."
    )


# Ready pictures


def test_a_ready_picture_has_a_file_and_a_name(settings: Settings) -> None:
    for wrong in ({"file": "fox.jpg"}, {"file": 1, "name": "Fox"}, {"file": "x", "name": "x", "by": "Bo"}, "fox.jpg"):
        assert ids(found(settings, GALLERY=[wrong])) == ["django_avatars.E050"]


def test_a_ready_picture_that_is_not_there_is_said(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "fox.jpg").write_bytes(b"")
    there, gone = ({"file": tmp_path / name, "name": "A picture"} for name in ("fox.jpg", "owl.jpg"))

    [message] = found(settings, GALLERY=[there, gone])

    assert message.id == "django_avatars.E051"
    assert message.msg == f"AVATARS['GALLERY'] has '{tmp_path / 'owl.jpg'}', which does not exist."
