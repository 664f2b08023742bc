"""
A rehearsal of the release: `python -m tests.rehearsal DIST`, where DIST has the sdist and the wheel to publish.

They are uploaded to an index on this machine, as the workflow uploads them to PyPI. From there each Python that is
installed gets the package, in an environment of its own, and follows the five-minute start of README.md to the letter.
Then a project with the optional apps follows docs/how-to/upgrading.md to the release after this one, which has a
further migration of each app, and goes back.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from tests import pictures
from tests.documents import Block, Project, read
from tests.ports import free_port
from tests.versions import problems, release, version_in

START = "Five minutes to the first picture"
UPGRADE = "docs/how-to/upgrading.md"
PASSWORD = "rehearsal"

OPTIONAL = """
# project/settings.py
INSTALLED_APPS += ["django_avatars", "django_avatars.profile", "django_avatars.history", "django_avatars.moderation"]
MEDIA_ROOT = BASE_DIR / "media"
MEDIA_URL = "/media/"
AVATARS = {"APPROVAL": "all"}
""".lstrip()

FILL = """
from django.contrib.auth.models import User
from django.core.files import File
from django_avatars import acting
from django_avatars.profile.models import Profile

ada = Profile.objects.create(user=User.objects.create_user("ada"))
for _ in "shown", "replaced":
    ada.picture = File(open("photo.jpg", "rb"))
    ada.save()
with acting(ada.user):  # waits for approval
    ada.picture = File(open("photo.jpg", "rb"))
    ada.save()
"""
"""One picture in each of the optional apps."""

COUNT = """
from pathlib import Path
from typing import Any
from django_avatars import history, moderation
from django_avatars.profile.models import Profile

ada = Profile.objects.get()
assert ada.picture.storage.exists(ada.picture.name), ada.picture
files = sum(path.is_file() for path in Path("media").rglob("*"))
print(history.versions(ada).count(), "earlier,", moderation.waiting(ada).count(), "waiting,", files, "files")
"""

LATER = '\n\n{model}.add_to_class("of_a_later_release", models.BooleanField(default=False))\n'
MODELS = {"profile": "Profile", "history": "PictureVersion", "moderation": "PictureLock"}
"""What gets another column in the next release: a model of each optional app."""


class Environment(Project):
    """A project in a virtual environment of its own, in which commands are typed into a shell."""

    def __init__(self, python: str, folder: Path, index: str) -> None:
        super().__init__(folder)
        self.bin = folder / ".venv" / "bin"
        ours = {"PIP_INDEX_URL": f"{index}/simple/", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_QUIET": "1"}
        clean = {
            name: value for name, value in os.environ.items() if name not in {"DJANGO_SETTINGS_MODULE", "PYTHONPATH"}
        }
        self.variables = (
            clean | ours | {"PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", "PYTHONIOENCODING": "utf-8"}
        )
        folder.mkdir()
        done(python, "-m", "venv", folder / ".venv")
        (folder / "photo.jpg").write_bytes(pictures.photo(800, 600))

    def type(self, *commands: str) -> None:
        """Run commands as they are typed, each to its end."""
        for command in commands:
            self.shell(command)

    def shell(self, command: str, **variables: str) -> str:
        """Run one command; gives what it printed."""
        said = done("sh", "-c", command, cwd=self.folder, env={**self.variables, **variables})
        assert "System check identified some issues" not in said, said
        return said

    def run(self, *arguments: str, text: str | None = None) -> str:
        """Run lines of Python in the project."""
        (self.folder / "lines.py").write_text(arguments[0])
        return self.shell("python manage.py shell --verbosity 0 < lines.py")

    @property
    def version(self) -> str:
        """The version of the package that is installed."""
        return self.shell("python -c 'import django_avatars; print(django_avatars.__version__)'").strip()

    @contextlib.contextmanager
    def serving(self) -> Iterator[str]:
        """The development server; gives its address."""
        address = f"127.0.0.1:{free_port()}"
        serve = [str(self.bin / "python"), "manage.py", "runserver", "--noreload", address]
        with running(serve, f"http://{address}/admin/login/", cwd=self.folder, env=self.variables):
            yield f"http://{address}"


def done(*command: str | Path, **options: Any) -> str:
    """Run a program to its end. Gives what it printed, and ends the rehearsal with that where it fails."""
    run: subprocess.CompletedProcess[str] = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    if run.returncode:
        sys.exit(f"$ {' '.join(map(str, command))}\n{run.stdout}")
    return run.stdout


@contextlib.contextmanager
def running(command: Sequence[str | Path], address: str, **options: Any) -> Iterator[None]:
    """A program that answers at `address`, until the block ends."""
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdout=said, stderr=said, **options) as process:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(address).close()
                    break
                time.sleep(0.1)
            else:
                said.seek(0)
                sys.exit(f"{address} does not answer:\n{said.read().decode()}")
            yield
        finally:
            process.terminate()


@contextlib.contextmanager
def index(folder: Path) -> Iterator[str]:
    """An index that anybody may upload to, and that sends people to PyPI for everything else; gives its address."""
    folder.mkdir()
    port = free_port()
    options = ["-i", "127.0.0.1", "-p", str(port), "-a", ".", "-P", "."]
    if elsewhere := os.environ.get("PIP_INDEX_URL"):  # where everything but the package comes from; else from PyPI
        options += ["--fallback-url", elsewhere]
    with running(["pypi-server", "run", *options, folder], f"http://127.0.0.1:{port}/"):
        yield f"http://127.0.0.1:{port}"


def upload(index: str, folder: Path) -> None:
    """What the action of the release workflow does, without the identity."""
    done("twine", "upload", "--repository-url", f"{index}/", "-u", "any", "-p", "any", *folder.iterdir())


def pythons() -> Iterator[str]:
    """The supported Pythons that are installed, and answer: the shim of a version that is not selected does not."""
    for version in re.findall(r"Python :: (3\.\d+)", read("pyproject.toml")):
        places = [Path(folder, f"python{version}") for folder in os.environ["PATH"].split(os.pathsep)]
        answers = (place for place in places if place.exists() and _answers(place))
        if found := next(answers, None):
            yield str(found)
        else:
            print(f"python{version}: not installed, or does not answer")


def _answers(python: Path) -> bool:
    return subprocess.run([python, "-c", "import ensurepip, sqlite3"], capture_output=True).returncode == 0


def follow_the_start(python: str, folder: Path, index: str) -> None:
    """Follow the README's start in a new project, and use the result as its last lines say."""
    project = Environment(python, folder, index)
    project.type("python -m pip install Django", "django-admin startproject project .")
    project.follow("README.md", section=START)
    account = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": "ada@example.com"}
    project.shell("python manage.py createsuperuser --noinput --username ada", **account)
    with project.serving() as site:
        person = Browser()
        person.post(f"{site}/admin/login/?next=/", {"username": "ada", "password": PASSWORD})
        home = person.get(f"{site}/")
        assert ">A</text>" in home
        assert "<img" not in home
        page = site + re.findall(r'<a href="([^"]+)">Your picture', home)[0]
        person.post(page, {}, avatar=(project.folder / "photo.jpg").read_bytes())
        home = person.get(f"{site}/")
        picture = re.findall(r'<img src="([^"]+)"', home)[0]
        with person.open(f"{site}{picture}") as response:
            assert response.headers["Content-Type"] == "image/webp", response.headers
    print(f"{Path(python).name}: django-avatars {project.version} shows initials, and the picture that was uploaded")


class Browser:
    """Somebody who keeps cookies and sends forms."""

    def __init__(self) -> None:
        self.cookies = CookieJar()
        self.open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies)).open

    def get(self, address: str) -> str:
        """The text of a page."""
        with self.open(address) as response:
            return str(response.read().decode())

    def post(self, address: str, fields: dict[str, str], **files: bytes) -> None:
        """Send the form that is at `address`, and follow where its answer leads."""
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(address))[0]
        boundary = secrets.token_hex()
        parts = [
            f'"{name}"\r\n\r\n{value}'.encode() for name, value in (fields | {"csrfmiddlewaretoken": token}).items()
        ]
        parts += [f'"{name}"; filename="photo.jpg"\r\n\r\n'.encode() + content for name, content in files.items()]
        start = f"--{boundary}\r\nContent-Disposition: form-data; name=".encode()
        body = b"".join(start + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Referer": address}
        self.open(urllib.request.Request(address, body, headers)).close()


def next_release(sdist: Path, folder: Path, project: Environment) -> str:
    """Make the release after the one in `sdist`: another version, and a migration more for each optional app."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    (source / "PKG-INFO").unlink()  # the version of the sdist, which would be taken for that of the sources
    version = version_in(source)
    major, minor, _ = version.split(".")
    later = f"{major}.{int(minor) + 1}.0"
    package = source / "src" / "django_avatars"
    _rewrite(package / "__init__.py", f'"{version}"', f'"{later}"')
    for app, model in MODELS.items():
        with (package / app / "models.py").open("a") as models:
            models.write(LATER.format(model=model))
    apps = " ".join(f"avatars_{app}" for app in MODELS)
    project.shell(f"python manage.py makemigrations -n later {apps}", PYTHONPATH=str(package.parent))
    changelog = release(release(read("CHANGELOG.md"), version, "2000-01-01"), later, "2000-01-02")
    assert problems(later, changelog, tag=later) == []
    done(sys.executable, "-m", "build", "--wheel", "--outdir", folder / "dist", source)
    return later


def _rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, file
    file.write_text(text.replace(old, new), encoding="utf-8")


def upgrade_and_go_back(python: str, folder: Path, index: str, sdist: Path) -> None:
    """Follow the page on upgrading with a project that has the optional apps, and something in each of them."""
    project = Environment(python, folder, index)
    project.type("python -m pip install django-avatars", "django-admin startproject project .")
    project.write(Block("", 0, "", "python", OPTIONAL))
    project.type("python manage.py migrate")
    project.run(FILL)
    first, before, there = project.version, project.run(COUNT), _applied(project)

    later = next_release(sdist, folder / "later", project)
    upload(index, folder / "later" / "dist")
    project.type(*re.findall(r"^ *\$ (.*)$", read(UPGRADE), re.MULTILINE))
    assert project.version == later
    assert project.run(COUNT) == before
    assert {app: len(_applied(project)[app]) for app in there} == {app: len(names) + 1 for app, names in there.items()}

    project.type(*(f"python manage.py migrate {app} {names[-1]}" for app, names in there.items()))
    project.type(f"python -m pip install django-avatars=={first}")
    assert project.run(COUNT) == before
    project.type("python manage.py migrate --check")
    print(f"{Path(python).name}: {first} → {later} → {first} with {before.strip()}")


def _applied(project: Environment) -> dict[str, list[str]]:
    """The migrations of each optional app that have run."""
    apps = [f"avatars_{app}" for app in MODELS]
    return {app: re.findall(r"\[X\] (\w+)", project.shell(f"python manage.py showmigrations {app}")) for app in apps}


def main(dist: str) -> None:
    """The whole rehearsal. It ends at the first thing that does not work."""
    found = list(pythons())
    if not found:
        sys.exit("No supported Python answers.")
    (sdist,) = Path(dist).glob("*.tar.gz")
    work = Path(tempfile.mkdtemp())
    try:
        with index(work / "index") as address:
            upload(address, Path(dist))
            for python in found:
                follow_the_start(python, work / Path(python).name, address)
            upgrade_and_go_back(found[-1], work / "upgraded", address, sdist)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
