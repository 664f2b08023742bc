"""
Takes the pictures of the README, of the front page and of the first tutorial from sites that run.

The README shows the example, by day and by night; the tutorial shows the project that it leads to, in which somebody
also places a picture while the camera runs. Run
`python docs/pictures.py` with Pillow, playwright and the requirements of the example installed. ``CHROMIUM`` may name
the browser. The system needs fonts for all names of the example, such as Noto with Chinese and Devanagari, or boxes
stand in their place.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "images"
SIZE: Any = {"width": 1180, "height": 720}
PAGE: Any = {"width": 800, "height": 620}
CARD: Any = {"width": 1200, "height": 630}
FACES = (606, 180, 1136, 580)
"""Where the faces are on that card: the cards of the other pages have them, too."""
SCHEMES: Any = {"light": "", "dark": "-dark"}
TUTORIAL = "docs/tutorials/first-picture.md"
PASSWORD = "ada"  # noqa: S105 - of a site that is gone in a minute


def main() -> None:
    """Start the sites, and look at them."""
    sys.path += [str(ROOT), str(ROOT / "example_project")]
    os.environ["DJANGO_SETTINGS_MODULE"] = "example.settings"
    django.setup()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=os.environ.get("CHROMIUM"))
        front(browser, Path(folder))
        tutorial(browser, Path(folder) / "faces")
        browser.close()


def front(browser: Any, folder: Path) -> None:
    """The front page of the example, its page for members, and what a link to the documentation shows."""
    from conftest import running_demo  # the one of the example, which knows its models

    with running_demo(folder) as (address, _):
        for scheme, ending in SCHEMES.items():
            page = browser.new_page(viewport=SIZE, device_scale_factor=2, color_scheme=scheme)
            page.goto(address)
            take(page, f"example-front{ending}")
            page.get_by_role("button", name="Ada runs the site").click()
            page.get_by_role("link", name="Dashboard").first.click()
            take(page, f"example-dashboard{ending}")
            page.close()
        page = browser.new_page(viewport=CARD)
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=FOLDER / "social-card.png")
        page.close()
    with Image.open(FOLDER / "social-card.png") as card:
        card.convert("RGB").crop(FACES).quantize(128).save(FOLDER / "card-faces.png", optimize=True)


def tutorial(browser: Any, folder: Path) -> None:
    """What somebody sees who follows the first tutorial: letters, the photo in its frame, the photo, the admin."""
    with following(folder) as address:
        page = browser.new_page(viewport=PAGE, device_scale_factor=2)
        page.goto(f"{address}/")
        page.fill("[name=username]", "ada")
        page.fill("[name=password]", PASSWORD)
        page.click("[type=submit]")
        page.wait_for_selector("h1:has-text('Everybody')")
        take(page, "tutorial-letters", height=420)
        page.click("header a[href*=avatars]")
        page.wait_for_load_state("networkidle")
        film = Film(page)
        page.set_input_files("input[type=file]", folder / "photo.jpg")
        page.wait_for_timeout(1000)  # until the photo is in its frame
        take(page, "tutorial-choose")
        place(page, film)
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Picture saved").first.wait_for()
        page.wait_for_timeout(1000)  # until the dialog has faded
        film.show(2000)
        film.write("picker")
        page.goto(f"{address}/")
        take(page, "tutorial-photo", height=420)
        page.set_viewport_size({"width": 1000, "height": 420})
        page.goto(f"{address}/admin/people/profile/")
        take(page, "tutorial-admin")
        page.close()


def place(page: Any, film: Film) -> None:
    """Zoom into the photo with the wheel, and move it with the mouse."""
    film.show(1200)
    x, y = 400, 250  # in the frame
    page.mouse.move(x, y)
    for _ in range(6):
        page.mouse.wheel(0, -60)
        page.wait_for_timeout(120)
        film.show(120)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(x, y + 6 * step)
        film.show(80)
    page.mouse.up()
    page.wait_for_timeout(300)
    film.show(1200)


class Film:
    """What a page shows, as a moving picture."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.frames: list[Image.Image] = []
        self.times: list[int] = []
        self.show(1500)

    def show(self, milliseconds: int) -> None:
        """What is seen now, for so long."""
        with Image.open(io.BytesIO(self.page.screenshot())) as image:
            self.frames.append(image.convert("RGB").resize((PAGE["width"], PAGE["height"]), Image.Resampling.LANCZOS))
        self.times.append(milliseconds)

    def write(self, name: str) -> None:
        """Write it as animated WebP, which begins again at its end."""
        options: Any = {"append_images": self.frames[1:], "duration": self.times, "loop": 0}
        self.frames[0].save(FOLDER / f"{name}.webp", save_all=True, quality=75, method=6, **options)


@contextlib.contextmanager
def following(folder: Path) -> Iterator[str]:
    """The project that the tutorial leads to, being served; gives its address."""
    from example import people
    from example.management.commands.demo import free_port
    from tests.documents import Project

    class WithAda(Project):
        """Creates the superuser too, in her turn: the colors of letters follow from the keys."""

        def type(self, *commands: str) -> None:
            super().type(*commands)
            for command in commands:
                if "createsuperuser" in command:
                    self.run(*command.split()[1:], "--noinput")

    folder.mkdir()
    (folder / "photo.jpg").write_bytes(people.portrait(0)())
    os.environ["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    WithAda(folder).follow(TUTORIAL)
    address = f"127.0.0.1:{free_port()}"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings"}
    command = [sys.executable, "manage.py", "runserver", "--noreload", address]
    quiet: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=folder, env=environment, **quiet) as server:  # noqa: S603
        try:
            assert server.stdout
            while "Quit the server" not in (server.stdout.readline() or "Quit the server"):
                pass
            yield f"http://{address}"
        finally:
            server.terminate()


def take(page: Any, name: str, *, height: int = 0) -> None:
    """Write what is seen, or its upper part, as WebP."""
    page.wait_for_load_state("networkidle")
    clip: Any = {"clip": {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": height}} if height else {}
    with Image.open(io.BytesIO(page.screenshot(**clip))) as image:
        image.convert("RGB").save(FOLDER / f"{name}.webp", quality=80, method=6)


if __name__ == "__main__":
    main()
