"""The guide for those who come from django-avatar, followed to the letter in a project that was made with it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.documents import Block, Project, blocks

pytest.importorskip("avatar", reason="django-avatar is not installed")

GUIDE = "docs/how-to/from-django-avatar.md"
PEOPLE = int(os.environ.get("DJANGO_AVATARS_PEOPLE", "20"))
"""How many there are: hundreds, where somebody wants to know."""

SETTINGS = """
# project/settings.py
INSTALLED_APPS += ["avatar", "people"]
MEDIA_ROOT = BASE_DIR / "media"
MEDIA_URL = "/media/"
ALLOWED_HOSTS = ["testserver"]
AVATAR_PROVIDERS = ["avatar.providers.PrimaryAvatarProvider", "avatar.providers.DefaultAvatarProvider"]
AVATAR_MAX_SIZE = 5 * 1024 * 1024
""".lstrip()

CUSTOM_USER = """
# project/settings.py
AUTH_USER_MODEL = "people.User"
""".lstrip()

USER = """
# people/models.py
from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    pass
""".lstrip()

ADMIN = """
# people/admin.py
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from people.models import User

admin.site.register(User, UserAdmin)
""".lstrip()
"""The admin of django-avatar asks for one of users."""

USER_WITH_PICTURE = """
# people/models.py
from django.contrib.auth.models import AbstractUser

from django_avatars.fields import AvatarField


class User(AbstractUser):
    picture = AvatarField()
""".lstrip()

WITHOUT_PROFILE = """
# project/settings.py
INSTALLED_APPS.remove("django_avatars.profile")
""".lstrip()

URLS = """
# project/urls.py
from django.urls import include, path

urlpatterns = [path("avatar/", include("avatar.urls"))]
""".lstrip()

UPLOAD = """
import io, random
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

FORMATS = {"JPEG": "RGB", "PNG": "RGBA", "GIF": "P", "WEBP": "RGB", "BMP": "RGB", "TIFF": "RGB"}
NAMES = ("me", "Größe (1)", "a b", "ça va?", "x" * 90, "same", "..me", "me.php", "UPPER")
SHAPES = ((200, 300), (300, 200), (260, 260), (80, 80), (60, 40), (40, 700))

def picture(seed):
    format = list(FORMATS)[seed % len(FORMATS)]
    small = Image.new("RGB", (3, 3))
    small.putdata([tuple(random.Random(seed * 9 + n).randbytes(3)) for n in range(9)])
    image = small.resize(SHAPES[seed // 6 % len(SHAPES)], Image.Resampling.BICUBIC).convert(FORMATS[format])
    exif = Image.Exif()
    exif[0x0112] = seed % 8 + 1
    file = io.BytesIO()
    image.save(file, format, **({"exif": exif} if format == "JPEG" else {}))
    name = f"{NAMES[seed % len(NAMES)]}.{format.lower() if seed % 2 else format}"
    return SimpleUploadedFile(name, file.getvalue(), f"image/{format.lower()}")

for number in range(PEOPLE):
    user = get_user_model().objects.create_user(f"person{number}")
    client = Client()
    client.force_login(user)
    for upload in range(number % 5):
        assert client.post("/avatar/add/", {"avatar": picture(number * 5 + upload)}).status_code == 302
    keys = list(user.avatar_set.values_list("pk", flat=True))
    if number % 3 == 0 and keys:
        assert client.post("/avatar/change/", {"choice": keys[0]}).status_code == 302
    if number % 7 == 4 and keys:
        assert client.post("/avatar/delete/", {"choices": [keys[-1]]}).status_code == 302
"""

LOSE = """
import shutil
from avatar.models import Avatar
from django.core.files.storage import default_storage

for avatar in Avatar.objects.filter(primary=True):
    number = int(avatar.user.username.removeprefix("person"))
    if number % 10 == 3:
        default_storage.delete(avatar.avatar.name)
    if number % 10 == 7:
        shutil.rmtree(default_storage.path(avatar.avatar.name).rpartition("/")[0] + "/resized")
    if number == 12:
        shutil.rmtree(default_storage.path(avatar.avatar.name).rpartition("/")[0])
"""

SEE = """
import re, sys
from pathlib import Path
from urllib.parse import unquote
from django.conf import settings
from django.contrib.auth import get_user_model
from django.template import Template, Context
from django.test import Client
from PIL import Image, ImageOps

folder = Path("seen", TIME)
folder.mkdir(parents=True)
page = Template("{% load avatar_tags %}{% avatar user 80 %}{% if user|has_avatar %} has{% endif %}")
for user in get_user_model().objects.all():
    html = page.render(Context({"user": user}))
    assert 'width="80" height="80"' in html, html
    path = Path(settings.MEDIA_ROOT, unquote(re.search('src="/media/([^"]*)"', html + 'src="/media/-"')[1]))
    if path.is_file():
        assert html.endswith(" has")
        image = ImageOps.exif_transpose(Image.open(path)).convert("RGBA").resize((80, 80), Image.Resampling.LANCZOS)
        seen = Image.new("RGBA", (80, 80), "white")
        seen.alpha_composite(image)
        seen.convert("RGB").save(folder / f"{user.username}.png")
        found = Client().get(f"/avatar/render_primary/{user.pk}/80/")
        assert found.status_code == 302
        if TIME not in {"before", "back"}:
            assert Client().get(found["Location"])["Content-Type"] == "image/png"
"""

ADD = """
from avatar.signals import avatar_updated
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

heard = []
avatar_updated.connect(lambda user, **kwargs: heard.append(user), weak=False)
client = Client()
user = get_user_model().objects.get(username="person0")
client.force_login(user)
photo = SimpleUploadedFile("me.png", open("seen/before/person1.png", "rb").read(), "image/png")
assert client.post("/avatar/add/", {"avatar": photo}).status_code == 302
assert heard == [user], heard
user.delete()
"""


CONFIGURED = """
from django.conf import settings

settings.configure(
    AVATAR_MAX_SIZE=5,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "avatar", "django_avatars"],
)
import django
django.setup()
import avatar.conf
from django_avatars.contrib.django_avatar.checks import check_settings
print(*[message.msg for message in check_settings()])
"""


def test_what_the_package_sets_by_itself_is_not_said_where_settings_have_no_module(tmp_path: Path) -> None:
    project = Project(tmp_path, is_strict=False)

    project.run("-c", CONFIGURED)

    assert settings_named(project.said) == {"AVATAR_MAX_SIZE"}


def run(project: Project, script: str, **values: object) -> None:
    """Run `script` in the project, and raise where it fails."""
    project.is_strict = True
    head = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    project.run(
        "-c",
        f"import os, django\nos.environ['DJANGO_SETTINGS_MODULE'] = 'project.settings'\ndjango.setup()\n{head}{script}",
    )
    project.is_strict = False


def text(shown: str) -> Block:
    """A file of the project."""
    return Block("", 0, "", "python", shown)


@pytest.mark.slow
@pytest.mark.parametrize("is_custom", [False, True], ids=["profile", "custom user"])
def test_everybody_shows_the_same_picture_after_the_move(is_custom: bool, tmp_path: Path) -> None:
    project, before = beside_django_avatar(tmp_path, is_custom=is_custom)
    assert settings_named(project.said) == {"AVATAR_PROVIDERS", "AVATAR_MAX_SIZE"}
    preview = said(project, "See what will come")
    assert files(tmp_path / "media") == before
    deed = said(project, "Switch")

    run(project, SEE, TIME="after")
    seen = {path.name for path in (tmp_path / "seen" / "before").iterdir()} - {"person12.png"}
    assert {path.name for path in (tmp_path / "seen" / "after").iterdir()} == seen
    assert max(difference(tmp_path / "seen", name) for name in seen) < 8
    assert numbers(preview) == numbers(deed) == (len(seen), 1)
    assert before <= files(tmp_path / "media")

    project.follow(GUIDE, section="Tidy up")
    run(project, SEE + ADD, TIME="at last")
    assert {path.name for path in (tmp_path / "seen" / "at last").iterdir()} == seen


@pytest.mark.slow
@pytest.mark.parametrize("is_custom", [False, True], ids=["profile", "custom user"])
def test_nothing_is_left_after_going_back_and_users_can_be_deleted(is_custom: bool, tmp_path: Path) -> None:
    project, before = beside_django_avatar(tmp_path, is_custom=is_custom)
    if not is_custom:
        project.write(text(MORE))
        project.type("python manage.py migrate")
    said(project, "Switch")
    run(project, SEE, TIME="after")
    assert before < files(tmp_path / "media")

    further, profile, own, last = (block for block in blocks(GUIDE) if block.section == "Go back")
    if is_custom:
        run(project, own.text.replace("Profile", "User"))
        project.type(*profile.commands[1:])
        project.write(text(USER))
        project.type(*last.commands)
    else:
        project.type(*further.commands, *profile.commands)
    assert files(tmp_path / "media") == before
    project.write(text(URLS))
    project.write(text(WITHOUT_APPS))
    run(project, DELETE + SEE, TIME="back")
    assert len(list((tmp_path / "seen" / "back").iterdir())) > 1


MORE = """
# project/settings.py
INSTALLED_APPS += ["django_avatars.history", "django_avatars.moderation"]
""".lstrip()

WITHOUT_APPS = """
# project/settings.py
INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.startswith("django_avatars")]
""".lstrip()

DELETE = """
from django.contrib.auth import get_user_model

for name in ("person0", "person1", "person6"):
    get_user_model().objects.get(username=name).delete()
"""


def beside_django_avatar(folder: Path, *, is_custom: bool) -> tuple[Project, set[Path]]:
    """A project that has used django-avatar for a while and has this package beside it; and its files before that."""
    project = Project(folder, is_strict=False)
    project.type("django-admin startproject project .", "python manage.py startapp people")
    for shown in (SETTINGS, URLS, *([CUSTOM_USER, USER, ADMIN] if is_custom else [])):
        project.write(text(shown))
    project.type("python manage.py makemigrations people", "python manage.py migrate")
    run(project, UPLOAD + SEE + LOSE, PEOPLE=PEOPLE, TIME="before")
    before = files(folder / "media")
    if is_custom:
        project.write(text(USER_WITH_PICTURE))
    project.follow(GUIDE, section="Install it beside")
    if is_custom:
        project.write(text(WITHOUT_PROFILE))
        project.type("python manage.py makemigrations", "python manage.py migrate")
    return project, before


def said(project: Project, section: str) -> str:
    """What the commands of a section print."""
    before = len(project.said)
    project.follow(GUIDE, section=section)
    return project.said[before:]


def numbers(text: str) -> tuple[int, int]:
    """How many pictures came, or would come, and how many could not."""
    taken, failed = (re.search(rf"(\d+) pictures {words}", text) for words in ("(?:would be )?taken", "could not be"))
    assert taken
    assert failed
    return int(taken[1]), int(failed[1])


def settings_named(text: str) -> set[str]:
    """The settings that a check named."""
    return set(re.findall(r"(\w+) is a setting of django-avatar", text))


def files(folder: Path) -> set[Path]:
    """Every file in a folder."""
    return {path for path in folder.rglob("*") if path.is_file()}


def difference(seen: Path, name: str) -> float:
    """How far two pictures of one person are apart, from afar, where dots of a GIF are colors: the mean, of 255."""
    before, after = (Image.open(seen / time / name).reduce(4) for time in ("before", "after"))
    return max(ImageStat.Stat(ImageChops.difference(before, after)).mean)
