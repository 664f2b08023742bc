"""The documentation is true: its examples run, and its reference names what there is, no less and no more."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import importlib.util
import inspect
import json
import re
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.management import BaseCommand
from django.dispatch import Signal
from PIL import ImageFont

from django_avatars import conf, exceptions, providers, signals, urls
from django_avatars.checks import IDS
from django_avatars.conf import Settings
from django_avatars.contrib.django_avatar import conf as django_avatar
from django_avatars.fields import AvatarField
from django_avatars.templatetags import avatars as tags
from tests import pictures
from tests.documents import DOCS, PACKAGES, ROOT, Block, Project, blocks, code_of, commands_of, prose, read

PACKAGE = PACKAGES / "django_avatars"
PAGES = sorted(str(page.relative_to(ROOT)) for page in DOCS.rglob("*.md") if "_build" not in page.parts)

FIRST = "docs/tutorials/first-picture.md"
READY = "docs/tutorials/ready-profile.md"
CUSTOM_USER = "docs/how-to/custom-user.md"
EXISTING = "docs/how-to/existing-pictures.md"
FROM_DJANGO_AVATAR = "docs/how-to/from-django-avatar.md"
TESTING = "docs/how-to/testing.md"
BESIDE = "docs/how-to/beside-other-packages.md"
OWN_VIEWS = "docs/how-to/own-views.md"
PRIVACY = "docs/how-to/privacy.md"
ASYNC = "docs/how-to/async.md"
UNDO = "docs/how-to/undo.md"
MODERATION = "docs/how-to/moderation.md"
STORAGES = {
    f"docs/how-to/{page}.md"
    for page in ("storages-s3", "storages-others", "storages-cloudinary", "storages-imgproxy", "storages-moving")
} | {"docs/how-to/background-work.md"}
"""Pages that need services; `tests/storages/test_recipes.py` follows them."""

FOLLOWED = {
    FIRST,
    READY,
    CUSTOM_USER,
    EXISTING,
    FROM_DJANGO_AVATAR,
    TESTING,
    BESIDE,
    PRIVACY,
    UNDO,
    MODERATION,
    *STORAGES,
}
"""Pages that change a project step by step; a test follows each. The files of all others make one project."""

NEEDS = {
    "docs/how-to/jinja2.md": "jinja2",
    "docs/how-to/connected-pictures.md": "httpx",
    "docs/how-to/faces.md": "cv2",
    "docs/how-to/front-ends.md": "rest_framework",
    "docs/how-to/metrics.md": "prometheus_client",
    "docs/how-to/ninja.md": "ninja",
    "docs/how-to/pictures-from-elsewhere.md": "httpx",
    "docs/how-to/rest-framework.md": "rest_framework",
    "docs/reference/ninja.md": "ninja",
    "docs/reference/rest.md": "rest_framework",
}
"""Pages for an optional package; without it they are left out, by name."""

RUN = {"python", "html+django", "html+jinja", "console"}
SHOWN = {"diff", "text", "nginx", "html", "css", "javascript"}
"""Languages of blocks that are run, and of those that are only looked at."""

PROOFS = {
    OWN_VIEWS: """
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory, override_settings
from people import views

def answer(view, name, content, bio="Sails."):
    request = RequestFactory().post("/", {"picture": SimpleUploadedFile(name, content), "bio": bio})
    request.user, request._dont_enforce_csrf_checks = user, True
    return view(request)

def post(view, name, content):
    return answer(view, name, content).status_code

for view in (views.edit_profile, views.limited_profile, views.upload, views.edit_picture):
    assert post(view, "a.jpg", photo.read()) == (204 if view is views.upload else 302), view
    photo.seek(0)
assert post(views.upload, "a.jpg", b"text") == 400
assert post(views.edit_picture, "a.jpg", b"text") == 400
assert b'<p role="alert">' not in answer(views.edit_picture, "a.jpg", b"text").content
with override_settings(AVATARS={"FIELD": "people.Profile.picture", "RATE_LIMIT": "1/d"}):
    statuses = [post(views.edit_picture, "a.jpg", photo.open().read()) for _ in range(2)]
    page = answer(views.edit_picture, "a.jpg", photo.open().read(), bio="Sings.")
assert (statuses[-1], page.status_code) == (429, 429), statuses
assert b'<p role="alert">' in page.content and b"Sings." in page.content, page.content
photo.seek(0)
assert post(views.edit_profile, "a.jpg", b"text") == 200
assert post(views.limited_profile, "a.jpg", b"0" * 11_000_000) == 200
""",
    ASYNC: """
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings
from django.utils.functional import SimpleLazyObject
from django_avatars import acting
from django_avatars.querysets import with_avatars
from people import tasks, views

def answer(view, **data):
    request = RequestFactory().post("/", data)
    request.user, request._dont_enforce_csrf_checks = user, True
    return async_to_sync(view)(request)

assert answer(views.upload_picture, picture=SimpleUploadedFile("a.jpg", photo.read())).status_code == 204
assert answer(views.upload_picture, picture=SimpleUploadedFile("a.jpg", b"text")).status_code == 400
assert b"<img" in answer(views.members).content

def is_refused(view):
    async def auser():
        return user
    request = RequestFactory().get("/")
    request.user, request.auser = SimpleLazyObject(lambda: type(user).objects.get(pk=user.pk)), auser
    try:
        return b"<img" not in async_to_sync(view)(request).content
    except SynchronousOnlyOperation:
        return True

async def by_acting(request):
    people = [person async for person in with_avatars(type(user).objects.all())]
    with acting(await request.auser()):
        return HttpResponse(render_to_string("people/members.html", {"people": people}))

with override_settings(AVATARS={**settings.AVATARS, "VISIBLE": "people.faces.may_see"}):
    assert [is_refused(view) for view in (views.members, views.members_only, by_acting)] == [True, False, False]
photo.seek(0)
async_to_sync(tasks.take)(user, photo)
assert b"<img" not in answer(views.members).content
""",
}
"""What shows that the files of a page work, where the page itself does not."""

URLS = """
from django.contrib import admin

urlpatterns = []
"""

FONT = cast(ImageFont.FreeTypeFont, ImageFont.load_default(10)).font_bytes
"""Any font, for pages that name one."""

# Examples


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What went wrong with the examples of each page; all run in one process."""
    project = Project(tmp_path_factory.mktemp("docs"))
    (project.folder / "photo.jpg").write_bytes(pictures.photo(800, 600))
    (project.folder / "fonts").mkdir()
    (project.folder / "fonts" / "NotoSansSC-Bold.otf").write_bytes(FONT)
    project.lay_out([Block("", 0, "", "python", f"# project/urls.py\n{URLS}")])
    there = [page for page in PAGES if importlib.util.find_spec(NEEDS.get(page, "django"))]
    project.lay_out(block for page in there if page not in FOLLOWED for block in blocks(page))
    proofs = {page: [Block(page, 0, "", "python", PROOFS[page])] if page in PROOFS else [] for page in there}
    pages = {page: [_as_json(block) for block in (*examples(page), *proofs[page])] for page in there}

    answers: dict[str, str] = json.loads(project.run(str(DOCS / "examples.py"), text=json.dumps(pages)))

    return answers


def examples(page: str) -> list[Block]:
    """The blocks that run in the project of all pages."""
    if page in {EXISTING, UNDO, MODERATION}:  # models differ from step to step, or are of apps that are not installed
        return []
    if page == TESTING:  # a test runs its tests
        return [block for block in blocks(page) if block.section]
    if page in FOLLOWED:
        return [block for block in blocks(page) if block.language == "python" and not block.path]
    return [block for block in blocks(page) if block.language in RUN]


def _as_json(block: Block) -> dict[str, Any]:
    return {**dataclasses.asdict(block), "path": block.path, "commands": block.commands}


@pytest.mark.slow
@pytest.mark.parametrize("document", [page for page in PAGES if examples(page)])
def test_the_examples_of_a_page_run(document: str, outcomes: dict[str, str]) -> None:
    if document in NEEDS:
        pytest.importorskip(NEEDS[document], reason=f"{NEEDS[document]} is not installed")

    assert outcomes[document] == ""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty folder that is to become a project."""
    return Project(tmp_path)


@pytest.mark.slow
def test_the_first_tutorial_leads_to_a_project_whose_tests_pass(project: Project) -> None:
    project.follow(FIRST)
    project.follow(TESTING, section="")

    project.type("python manage.py test --verbosity 0")


@pytest.mark.slow
def test_the_second_tutorial_gives_users_a_picture_without_a_model(project: Project) -> None:
    project.type("django-admin startproject project .")

    project.follow(READY, section="Two lines and a migration")

    assert project.in_shell(ASKS) == "avatars_profile.Profile.picture\n"


ASKS = "from django_avatars.targets import user_field; print(user_field().field)"


@pytest.mark.slow
def test_a_custom_user_has_a_picture(project: Project) -> None:
    project.type("django-admin startproject project .")
    project.type("python manage.py startapp accounts")

    project.follow(CUSTOM_USER)

    assert project.in_shell(ASKS) == "accounts.User.avatar\n"


BEFORE = """
# people/models.py
from django.conf import settings
from django.db import models


class Profile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    picture = models.ImageField(upload_to="pictures/", default="default.jpg")
    bio = models.TextField(blank=True)
""".lstrip()

OLD = """
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from people.models import Profile

for number in range(100):
    profile = Profile(user=User.objects.create_user(f"person{number}"))
    if number < 30:
        profile.picture = ContentFile(open("photo.jpg", "rb").read(), "me.jpg")
    profile.save()
"""

NEW = """
from collections import Counter
from people.models import Profile

print(dict(Counter(profile.picture.sizes for profile in Profile.objects.all())))
"""

SINCE = """
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from people.models import Profile

User.objects.get(username="person0").delete()
Profile.objects.filter(user__username="person1").update(bio="Sails.")
for name in ("person2", "person99"):
    profile = Profile.objects.get(user__username=name)
    profile.picture = ContentFile(open("photo.jpg", "rb").read(), "newer.jpg")
    profile.save()
"""
"""What people do between the import and the way back: one leaves, one writes, and two choose a picture."""

AGAIN = """
from PIL import Image
from people.models import Profile

print(Profile.objects.filter(picture="default.jpg").count(), Profile.objects.filter(picture__startswith="pict").count())
assert Profile.objects.get(user__username="person1").bio == "Sails."
for name in ("person1", "person2", "person99"):
    with Profile.objects.get(user__username=name).picture.open() as file, Image.open(file) as image:
        assert image.size == ((96, 72) if name == "person1" else (72, 72)), (name, image.size)
"""


@pytest.mark.slow
def test_an_image_field_becomes_an_avatar_field_with_its_pictures_and_goes_back(project: Project) -> None:
    project.type("django-admin startproject project .")
    project.type("python manage.py startapp people")
    apps = '# project/settings.py\nINSTALLED_APPS += ["people"]\nMEDIA_ROOT = BASE_DIR / "media"\n'
    project.write(Block("", 0, "", "python", apps))
    project.write(Block("", 0, "", "python", BEFORE))
    (project.folder / "media").mkdir()
    for name in ("photo.jpg", "media/default.jpg"):
        (project.folder / name).write_bytes(pictures.photo(96, 72))
    project.type("python manage.py makemigrations people", "python manage.py migrate")
    project.in_shell(OLD)

    _change_the_class(project)
    [saving] = code_of(EXISTING, "Bring the old pictures along")
    [taking] = commands_of(EXISTING, "Bring the old pictures along")
    command, _, report = taking.partition(" > ")
    project.in_shell(saving)
    (project.folder / report).write_text(project.run(*command.split()[1:]))
    project.in_shell(saving.replace("before.json", "after.json"))

    assert project.in_shell(NEW) == "{(72, 64): 30, (): 70}\n"
    assert len(list((project.folder / "media" / "pictures").iterdir())) == 30
    project.in_shell(SINCE)
    restoring, _ = code_of(EXISTING, "Go back")
    assert re.findall(r"Row (\d+) is", project.in_shell(restoring)) == ["1", "3", "100"]
    [prune, *migrate] = commands_of(EXISTING, "Go back")
    project.type(prune)
    project.write(Block("", 0, "", "python", BEFORE))
    project.type(*migrate)
    assert project.in_shell(AGAIN) == "69 28\n"
    there = {str(file.relative_to(project.folder / "media")) for file in (project.folder / "media").rglob("*.webp")}
    named = set(project.in_shell(NAMES).split())
    assert {name for name in named if name.endswith(".webp")} <= there
    assert len(there) == 4  # two pictures, in two sizes

    _change_the_class(project, is_installed=True)
    [deleting] = code_of(EXISTING, "Delete the old files")
    project.in_shell(deleting)
    assert len(list((project.folder / "media" / "pictures").iterdir())) == 28
    (project.folder / report).write_text(project.run(*command.split()[1:]))
    project.in_shell(deleting)
    assert list((project.folder / "media" / "pictures").iterdir()) == []


NAMES = """
from people.models import Profile

print(*Profile.objects.values_list("picture", flat=True))
"""


def _change_the_class(project: Project, *, is_installed: bool = False) -> None:
    """What the page says, where the model has a column that is of no picture."""
    for block in blocks(EXISTING):
        if block.section != "Change the class of the field":
            continue
        if block.path.endswith("models.py"):
            project.write(dataclasses.replace(block, text=f"{block.text}    bio = models.TextField(blank=True)\n"))
        elif block.path and not is_installed:
            project.write(block)
        project.type(*block.commands)


JANE = """
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django_avatars import services

jane = User.objects.create_superuser("jane")
for photo in ("one.jpg", "two.jpg"):
    services.set_own(jane, ContentFile(open(photo, "rb").read(), photo))
"""

COPY = """
import io, json, zipfile
from django.contrib.auth.models import User
from django.test import RequestFactory
from people.rights import copy_of_my_pictures

def states(file):
    with zipfile.ZipFile(file) as archive:
        return [picture["state"] for picture in json.loads(archive.read("avatars.json"))["pictures"]]

request = RequestFactory().get("/")
request.user = User.objects.get(username="jane")
assert states("jane.zip") == states(io.BytesIO(b"".join(copy_of_my_pictures(request)))) == ["shown", "past"]
"""

ERASED = """
import json, pathlib
from django.contrib.auth.models import User
from django.test import Client, override_settings

[line] = pathlib.Path("erased.jsonl").read_text().splitlines()
assert len(json.loads(line)["deleted"]) == 2
assert not [file for file in pathlib.Path("media").rglob("*") if file.is_file()]
client = Client()
client.force_login(User.objects.get(username="jane"))
with override_settings(ALLOWED_HOSTS=["testserver"]):
    page = client.get("/admin/auth/user/").content.decode()
assert "Export pictures of selected users" in page
assert "Erase pictures of selected users" in page
"""


@pytest.mark.slow
def test_people_get_their_data_and_are_forgotten_as_the_page_on_privacy_says(project: Project) -> None:
    for number, name in enumerate(("one.jpg", "two.jpg")):
        (project.folder / name).write_bytes(pictures.photo(96, 72 + number))
    project.follow(FIRST)
    project.write(Block("", 0, "", "python", '# project/settings.py\nINSTALLED_APPS += ["django_avatars.history"]\n'))
    project.type("python manage.py migrate --verbosity 0")
    project.in_shell(JANE)

    project.follow(PRIVACY, section="Hand out a copy")
    project.in_shell(COPY)
    for section in ("Forget somebody", "In the admin"):
        project.follow(PRIVACY, section=section)
    project.in_shell(ERASED)

    for answer in re.findall(r"^\d+ pictures .*$", read(PRIVACY), re.MULTILINE):
        assert answer in project.said


VERSIONS = """
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django_avatars import services

moderator = User.objects.create_superuser("ada")
user = User.objects.get(username="linus")
for photo, actor in (("one.jpg", None), ("two.jpg", None), ("three.jpg", user)):
    services.set_own(user, ContentFile(open(photo, "rb").read(), photo), actor=actor)
"""


@pytest.mark.slow
@pytest.mark.parametrize("page", [UNDO, MODERATION])
def test_pictures_are_kept_and_looked_at_as_the_pages_say(project: Project, page: str) -> None:
    for number, name in enumerate(("one.jpg", "two.jpg", "three.jpg")):
        (project.folder / name).write_bytes(pictures.photo(512, 400 + number))
    project.follow(FIRST)
    python = [block for block in blocks(page) if block.language == "python"]
    for block in python:
        if block.path and (block.path.endswith("admin.py") or "HISTORY" not in block.text):
            _add(project, block)
    project.type("python manage.py migrate --verbosity 0", "python manage.py check")

    code = "".join(f'user = User.objects.get(username="linus")\n{block.text}' for block in python if not block.path)
    project.in_shell(VERSIONS + code)


def _add(project: Project, block: Block) -> None:
    """What a page adds to the URLs and settings, or a file as it is shown."""
    if block.path.endswith("urls.py"):
        urls = project.folder / block.path
        urls.write_text(urls.read_text() + block.text)
    else:
        project.write(block)


@pytest.mark.parametrize("document", PAGES)
def test_every_block_is_of_a_language_that_is_run_or_only_shown(document: str) -> None:
    languages = {block.language for block in blocks(document) if not block.language.startswith("{")}

    assert languages <= RUN | SHOWN


@pytest.mark.parametrize("document", [page for page in PAGES if page.startswith("docs/how-to/")])
def test_a_guide_begins_with_the_problem(document: str) -> None:
    title, _, first = read(document).split("\n", 3)[:3]

    assert title.startswith("# ")
    assert first.endswith((".", ":"))
    assert not first.startswith(("Install ", "Add ", "Set "))


@pytest.mark.parametrize("document", PAGES)
def test_a_line_holds_one_sentence(document: str) -> None:
    assert [line for line in prose(document) if re.search(r"[^\W\d][.?!]\)? (?=[A-Z`])", line[1])] == []


# The reference, both ways


def headings(page: str, pattern: str = ".*") -> list[str]:
    """What the headings of the second level say."""
    return re.findall(f"^## ({pattern})$", read(f"docs/reference/{page}.md"), re.MULTILINE)


def section(page: str, heading: str) -> str:
    """What stands below a heading of the second level."""
    return re.split(r"^## ", read(f"docs/reference/{page}.md").split(f"## {heading}\n", 1)[1], flags=re.MULTILINE)[0]


def rows(text: str) -> dict[str, str]:
    """The first two columns of tables whose first one is code."""
    return dict(re.findall(r"^\| `([^`]+)` \| (.*?) \|(?: .*)?$", text, re.MULTILINE))


def test_every_setting_has_its_section_and_default() -> None:
    defaults = {key: f"`{_written(getattr(Settings(), key.lower()))}`" for key in conf.RULES}

    documented = {key: section("settings", key).split("Default: ")[1].split("\n")[0] for key in headings("settings")}

    assert documented == defaults


def _written(value: object) -> str:
    return repr(value).replace("'", '"')


def test_every_option_of_the_field_is_in_its_signature() -> None:
    shown = re.search(r"AvatarField\((.*)\)", read("docs/reference/field.md"))
    assert shown

    options = [option.partition("=")[0].lstrip("*") for option in shown[1].split(", ") if option != "*"]

    assert options == list(inspect.signature(AvatarField).parameters)


def test_every_check_has_its_row() -> None:
    assert rows(read("docs/reference/checks.md")) == IDS


def test_every_code_has_its_row() -> None:
    texts = {code: str(text) for code, text in exceptions.INVALID_IMAGE.items()}

    assert rows(section("exceptions", "Codes")) == texts


def test_every_exception_is_on_its_page() -> None:
    ours = exceptions.__name__
    there = {name for name, thing in vars(exceptions).items() if isinstance(thing, type) and thing.__module__ == ours}

    documented = re.findall(r"autoexception:: django_avatars\.exceptions\.(\w+)", read("docs/reference/exceptions.md"))

    assert set(documented) == there


def test_every_tag_has_its_section_and_options() -> None:
    named = [heading.strip("{}% ") for heading in headings("tags", r"\{% \w+ %\}")]

    documented = {tag: set(rows(section("tags", f"{{% {tag} %}}"))) for tag in named}

    assert documented == {tag: set(options) for tag, options in tags.OPTIONS.items()}
    assert documented.keys() == tags.register.tags.keys()


def test_every_command_has_its_section_and_options() -> None:
    modules = sorted(module.stem for module in (PACKAGE / "management" / "commands").glob("avatars_*.py"))

    documented = {command: set(rows(section("commands", command))) for command in headings("commands")}

    assert documented == {name: _own_options(name) for name in modules}


def _own_options(command: str) -> set[str]:
    module = importlib.import_module(f"django_avatars.management.commands.{command}")
    every = {action.dest for action in BaseCommand().create_parser("", "")._actions}
    actions = module.Command().create_parser("", command)._actions
    return {_shown(action) for action in actions if action.dest not in every}


def _shown(action: argparse.Action) -> str:
    return action.option_strings[0] if action.option_strings else str(action.metavar)


def test_every_signal_has_its_row() -> None:
    there = {name for name, thing in vars(signals).items() if isinstance(thing, Signal)}

    assert rows(read("docs/reference/signals.md")).keys() == there


def test_every_address_has_its_row() -> None:
    there = {f"{urls.app_name}:{pattern.name}" for pattern in urls.urlpatterns}

    documented = rows(read("docs/reference/urls.md").split("## ")[0])

    assert documented.keys() == there
    assert set(headings("urls", "avatars:.*")) == there


@pytest.mark.parametrize(
    ("module", "heading"),
    [("history/urls", "Addresses"), ("moderation/urls", "Addresses"), ("moderation/rest", "APIs")],
)
def test_every_address_of_an_optional_app_has_its_row(module: str, heading: str) -> None:
    source = (PACKAGE / f"{module}.py").read_text()  # imported, it would need the app, and REST framework
    space, names = re.findall(r'^app_name = "(\w+)"', source, re.MULTILINE)[0], re.findall(r'name="(\w+)"', source)

    assert rows(section(module.split("/")[0], heading)).keys() == {f"{space}:{name}" for name in names}


def test_every_template_and_stylesheet_has_its_row() -> None:
    templates = {str(file.relative_to(PACKAGE / "templates")) for file in (PACKAGE / "templates").rglob("*.html")}
    stylesheets = {str(file.relative_to(PACKAGE / "static")) for file in (PACKAGE / "static").rglob("*.css")}

    assert rows(section("templates", "Templates")).keys() == templates
    assert rows(section("templates", "Stylesheets")).keys() == stylesheets


def test_every_custom_property_has_its_row() -> None:
    styles = "".join(file.read_text() for file in (PACKAGE / "static").rglob("*.css"))

    there = dict(re.findall(r"var\((--avatar-[a-z-]+), ([^()]+)\)", styles))
    composed = {"--avatar-overlap": "a fifth", "--avatar-badge": "by its kind"}
    assert set(re.findall(r"var\((--avatar-[a-z-]+)", styles)) == {*there, *composed}

    documented = {name: default.strip("`") for name, default in rows(section("templates", "Custom properties")).items()}
    assert documented == there | composed | {"--avatar-radius": "50%", "--avatar-shade": "1"}


def test_every_setting_of_django_avatar_has_its_row() -> None:
    assert rows(section("django-avatar", "Settings")) == django_avatar.INSTEAD


def test_every_provider_has_its_row() -> None:
    there = {
        f"{providers.__name__}.{name}"
        for name, thing in vars(providers).items()
        if getattr(thing, "__annotations__", {}).keys() == {"target", "size", "return"} and "answer" not in name
    }

    assert rows(read("docs/reference/providers.md")).keys() == there


def test_the_example_uses_documented_names_alone() -> None:
    reference = "".join(read(str(page.relative_to(ROOT))) for page in (DOCS / "reference").rglob("*.md"))
    sources = [path for path in (ROOT / "example_project").rglob("*.py") if "migrations" not in path.parts]

    used = {name for path in sources for name in _imported(path.read_text())}

    assert used
    assert {name for name in used if not _is_documented(name, reference)} == set()


def _imported(source: str) -> set[str]:
    """What a module imports of the package, as dotted names."""
    nodes = ast.walk(ast.parse(source))
    return {
        f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "django_avatars"
        for alias in node.names
    }


def _is_documented(name: str, reference: str) -> bool:
    """Whether a name, or a module by its name, stands in the reference."""
    module, _, last = name.rpartition(".")
    listed = re.findall(rf"automodule:: {re.escape(module)}\n   :members: ([^\n]*)", reference)
    return name in reference or f"\n## {last}\n" in reference or any(last in members.split(", ") for members in listed)


def test_every_room_is_in_the_picture_of_the_layers() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    picture = next(block.text for block in blocks("docs/explanation/architecture.md") if block.language == "text")

    words = re.split(" {3,}|\n", picture)
    drawn = {word for word in words if word.islower() and word.isidentifier()}

    assert drawn == rooms - {"__init__"}
