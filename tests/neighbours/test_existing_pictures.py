"""The fields of other packages, with pictures that they made, move in and back by the guide's own lines."""

from __future__ import annotations

import ast
import dataclasses
import re
import shlex
from pathlib import Path

import pytest

from tests.documents import Block, Project, blocks, code_of, commands_of, read
from tests.storages import cloudinary_standin

PAGE = "docs/how-to/existing-pictures.md"

SETTINGS = """
# project/settings.py
INSTALLED_APPS += {apps!r}
MEDIA_ROOT = BASE_DIR / "media"
MEDIA_URL = "/media/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
""".lstrip()

MODELS = """
# people/models.py
from django.conf import settings
from django.db import models
{imports}


class Profile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    {columns}
""".lstrip()

UPLOAD = """
# people/management/commands/upload.py
import io
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import BaseCommand
from PIL import Image
from people.models import Profile


class Command(BaseCommand):
    def handle(self, **options):
        for number in range(4):
            file = io.BytesIO()
            Image.new("RGB", (400, 300), (number * 60, 90, 200)).save(file, "JPEG")
            user = User.objects.create_user(str(number))
            profile = Profile.objects.create(user=user, picture=SimpleUploadedFile("photo.jpg", file.getvalue()))
            profile = Profile.objects.get(pk=profile.pk)
            {render}
        Profile.objects.create(user=User.objects.create_user("nobody"))
""".lstrip()
"""People whose pictures the package stored, and the smaller ones that it made of them."""

LOOK = """
# people/management/commands/look.py
from django.core.management.base import BaseCommand
from PIL import Image
from people.models import Profile


class Command(BaseCommand):
    def handle(self, **options):
        for profile in Profile.objects.select_related("user"):
            if profile.user.username == "nobody":
                assert not profile.picture
            else:
                with profile.picture.open() as file, Image.open(file) as image:
                    color = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
                wanted = int(profile.user.username) * 60, 90, 200
                assert max(abs(a - b) for a, b in zip(color, wanted)) < 6, (color, wanted)
""".lstrip()
"""Everybody has the picture that was theirs."""

LEFT = """
# people/management/commands/left.py
from pathlib import Path
from django.conf import settings
from django.core.management.base import BaseCommand
from django_avatars import naming
from people.models import Profile


class Command(BaseCommand):
    def handle(self, **options):
        pictures = [naming.parse(profile.picture.name) for profile in Profile.objects.exclude(picture="")]
        media = Path(settings.MEDIA_ROOT)
        there = {str(file.relative_to(media)) for file in media.rglob("*") if file.is_file()}
        named = {file for picture in pictures for file in picture.files()}
        assert len(pictures) == 4 and there == named, there ^ named
""".lstrip()
"""Nothing is stored but what the rows name."""


@dataclasses.dataclass(frozen=True)
class Package:
    """A package, and what a project that uses it has."""

    name: str
    """What its line in the guide begins with."""
    module: str
    columns: tuple[str, ...]
    imports: tuple[str, ...]
    apps: tuple[str, ...] = ()
    render: str = "pass"
    """What makes the smaller pictures of a profile."""
    settings: str = ""


PACKAGES = [
    Package(
        "sorl-thumbnail",
        "sorl",
        ("picture = ImageField(blank=True)",),
        ("from sorl.thumbnail import ImageField",),
        ("sorl.thumbnail",),
        'from sorl.thumbnail import get_thumbnail; get_thumbnail(profile.picture, "50x50", crop="center")',
    ),
    Package(
        "easy-thumbnails",
        "easy_thumbnails",
        ("picture = ThumbnailerImageField(blank=True)",),
        ("from easy_thumbnails.fields import ThumbnailerImageField",),
        ("easy_thumbnails",),
        'profile.picture.get_thumbnail({"size": (50, 50), "crop": True})',
    ),
    Package(
        "django-imagekit",
        "imagekit",
        (
            'picture = ProcessedImageField(processors=[ResizeToFill(300, 300)], format="JPEG", blank=True)',
            'thumb = ImageSpecField(source="picture", processors=[ResizeToFill(50, 50)], format="JPEG")',
        ),
        (
            "from imagekit.models import ImageSpecField, ProcessedImageField",
            "from imagekit.processors import ResizeToFill",
        ),
        ("imagekit",),
        "assert profile.thumb.url",
    ),
    Package(
        "django-stdimage",
        "stdimage",
        ('picture = StdImageField(variations={"thumbnail": (50, 50)}, blank=True)',),
        ("from stdimage import StdImageField",),
        ("stdimage",),
    ),
    Package(
        "django-versatileimagefield",
        "versatileimagefield",
        ('picture = VersatileImageField(ppoi_field="ppoi", blank=True)', "ppoi = PPOIField()"),
        ("from versatileimagefield.fields import PPOIField, VersatileImageField",),
        ("versatileimagefield",),
        'assert profile.picture.crop["50x50"].url',
    ),
    Package(
        "django-resized",
        "django_resized",
        ("picture = ResizedImageField(size=[300, 300], blank=True)",),
        ("from django_resized import ResizedImageField",),
    ),
    Package(
        "django-pictures",
        "pictures",
        (
            'picture = PictureField(width_field="width", height_field="height", blank=True)',
            "width = models.PositiveIntegerField(null=True, editable=False)",
            "height = models.PositiveIntegerField(null=True, editable=False)",
        ),
        ("from pictures.models import PictureField",),
        ("pictures",),
        settings="""
PICTURES = {"USE_PLACEHOLDERS": False}
TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend", "QUEUES": ["default", "pictures"]}}
""",
    ),
]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_field_of_another_package_moves_in_and_back(package: Package, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.type("django-admin startproject project .", "python manage.py startapp people")
    before = text(MODELS.format(imports="\n".join(package.imports), columns="\n    ".join(package.columns)))
    settings = SETTINGS.format(apps=["people", *package.apps]) + package.settings
    for shown in (settings, UPLOAD.replace("{render}", package.render), LOOK, LEFT):
        project.write(text(shown))
    project.write(before)
    make, migrate = commands("Change the class of the field")
    project.type(make, migrate, *manage("upload", "look"))
    old = files(tmp_path)
    assert made_by_the_package(tmp_path, package) <= old

    for block in blocks(PAGE):
        if block.path and block.section == "Change the class of the field":
            project.write(block)
    after = next(block for block in blocks(PAGE) if block.path == "people/models.py")
    take = commands("Bring the old pictures along")[0].partition(" > ")[0]  # no shell keeps the report here
    [save] = typed("Bring the old pictures along")
    restore, measure = typed("Go back")
    prune, *back = commands("Go back")
    project.type(make, migrate, f"{take} --dry-run", *manage("look"), save, take)
    project.type(save.replace("before.json", "after.json"), *manage("look"), restore, prune)

    project.write(before)
    project.type(*back, *([measure] if "width" in before.text else []), *manage("look"))
    assert files(tmp_path) == old

    project.write(after)
    project.type(make, migrate, f"{take} --delete-old", *manage("look"))
    tidy_up(project, package)
    without_the_package(project, package)
    project.run("-c", f"import sys; sys.modules['{package.module}'] = None\n" + REST)


def test_pictures_of_a_cloudinaryfield_stay_where_they_are(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.type("django-admin startproject project .", "python manage.py startapp people")
    before = text(
        MODELS.format(
            imports="from cloudinary.models import CloudinaryField",
            columns="picture = CloudinaryField(blank=True, public_id=lambda profile: profile.user.username)",
        )
    )
    make, migrate = commands("Change the class of the field")
    with cloudinary_standin.running() as service:
        own = CLOUDINARY.format(config=service.config)
        for shown in (SETTINGS.format(apps=["people"]) + own, UPLOAD.replace("{render}", "pass"), LOOK_AT_ADDRESSES):
            project.write(text(shown))
        project.write(before)
        project.type(make, migrate, *manage("upload", "look"))
        assets = set(service.assets)

        for block in blocks(PAGE):
            if block.path and block.section == "Change the class of the field":
                project.write(block)
        project.write(text(f"# project/settings.py\n{STORAGES.format(config=service.config)}"))
        project.type(make, migrate, *manage("look"))

        project.write(before)
        project.type(make, migrate, *manage("look"))
        assert set(service.assets) == assets
    before_move, after_move, back = re.findall("^shown: (.*)$", project.said, re.MULTILINE)
    assert before_move == after_move == back


CLOUDINARY = """
import cloudinary
cloudinary.config(**{config!r})
"""

STORAGES = """
STORAGES = {{
    "default": {{"BACKEND": "django_avatars.contrib.cloudinary.CloudinaryAvatarStorage", "OPTIONS": {config!r}}},
    "staticfiles": {{"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
}}
"""

LOOK_AT_ADDRESSES = """
# people/management/commands/look.py
from urllib.request import urlopen
from django.core.management.base import BaseCommand
from PIL import Image
from people.models import Profile


class Command(BaseCommand):
    def handle(self, **options):
        addresses = []
        for profile in Profile.objects.select_related("user").exclude(picture=""):
            addresses.append(profile.picture.url)
            with urlopen(profile.picture.url) as answer, Image.open(answer) as image:
                color = image.convert("RGB").getpixel((10, 10))
            wanted = int(profile.user.username) * 60, 90, 200
            assert max(abs(a - b) for a, b in zip(color, wanted)) < 6, (color, wanted)
        assert len(addresses) == 4
        self.stdout.write(f"shown: {addresses}")
""".lstrip()
"""Everybody has the picture that was theirs, at the address of before."""

REST = """
import os
from django.core.management import execute_from_command_line
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
for arguments in (["check"], ["makemigrations", "--check"], ["migrate"], ["look"], ["left"]):
    execute_from_command_line(["manage.py", *arguments])
"""
"""What still works where the package cannot be imported."""


def text(shown: str) -> Block:
    """A file of the project."""
    return Block("", 0, "", "python", shown)


def manage(*names: str) -> list[str]:
    """Commands of the project's own."""
    return [f"python manage.py {name}" for name in names]


def commands(section: str) -> list[str]:
    """What the guide says to type there."""
    return [line for line in commands_of(PAGE, section) if "pip install" not in line]


def typed(section: str) -> list[str]:
    """What the guide says to type there in the shell."""
    return [f"python manage.py shell --no-imports --command {shlex.quote(code)}" for code in code_of(PAGE, section)]


def files(folder: Path) -> set[Path]:
    """Every file that is stored."""
    return {path for path in (folder / "media").rglob("*") if path.is_file()}


def left_over(package: Package) -> list[str]:
    """What the guide says is to be deleted afterwards, word for word."""
    (line,) = re.findall(rf"^\| {package.name}, .*?\| (.*) \|$", read(PAGE), re.MULTILINE)
    return re.findall("`(.*?)`", line)


def made_by_the_package(folder: Path, package: Package) -> set[Path]:
    """Files that the guide names."""
    return {folder / "media" / name for name in left_over(package) if name.startswith("photo.")}


def tidy_up(project: Project, package: Package) -> None:
    """Delete what the guide says, and nothing else."""
    for name in left_over(package):
        if name.startswith("migrate "):
            project.type(f"python manage.py {name}")
        elif name.startswith("photo") or name.endswith("/"):
            found = list((project.folder / "media").glob(name.rstrip("/").replace("photo", "photo*", 1)))
            assert found, name
            for path in found:
                delete(path)


def delete(path: Path) -> None:
    """A file, or a folder with all that is in it."""
    if path.is_file():
        path.unlink()
    else:
        for one in path.iterdir():
            delete(one)
        path.rmdir()


def without_the_package(project: Project, package: Package) -> None:
    """Take the package out of the settings, and its field out of the migrations, as the guide says."""
    project.write(text(f"# project/settings.py\nfor app in {package.apps!r}:\n    INSTALLED_APPS.remove(app)\n"))
    for file in (project.folder / "people" / "migrations").glob("0*.py"):
        tree = WithoutPackage(package.module).visit(ast.parse(file.read_text()))
        file.write_text(ast.unparse(tree))


class WithoutPackage(ast.NodeTransformer):
    """Writes Django's own field and import in the place of those of a package."""

    def __init__(self, module: str) -> None:
        self.module = module

    def visit_Import(self, node: ast.Import) -> ast.stmt:
        is_theirs = node.names[0].name.startswith(self.module)
        return ast.parse("from django.db import models").body[0] if is_theirs else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if ast.unparse(node.func).startswith(self.module):
            return ast.parse("models.ImageField()", mode="eval").body
        return self.generic_visit(node)
