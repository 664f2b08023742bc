"""
Every state of the picker, looked at: light, dark, and from right to left.

With ``AVATARS_SCREENSHOTS=folder`` the screenshots stay there, and ``states.webp`` is all of them on one sheet, for
docs/images.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, Route, expect
from pytest_django import Settings

from tests import pictures
from tests.app.models import Profile
from tests.browser.picker import Picker, file

pytestmark = [pytest.mark.browser, pytest.mark.chromium]

STATES = (
    "idle", "dragging", "reading", "dialog", "ready", "uploading", "saved", "not saved",
    "remove", "remove pending", "error", "cannot preview", "disabled", "admin",
)  # fmt: skip
LOOKS = {"light": "en", "dark": "en", "rtl": "ar"}
VIEW = {"width": 560, "height": 700}
TILE = (224, 280)


class Camera:
    """Takes a picture of the window in each state."""

    def __init__(self, page: Page, folder: Path, look: str) -> None:
        self.page = page
        self.folder = folder
        self.look = look
        self.taken: list[str] = []

    def shoot(self, state: str) -> None:
        """Keep how it looks now."""
        path = self.folder / f"{state.replace(' ', '-')}-{self.look}.png"
        self.page.screenshot(path=path)
        self.taken.append(state)
        with Image.open(path) as image:
            assert len(image.convert("RGB").getcolors(1_000_000) or []) > 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the screenshots go."""
    folder = Path(os.environ.get("AVATARS_SCREENSHOTS") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("look", LOOKS)
def test_every_state_can_be_looked_at(
    picker: Picker, pictured: Profile, settings: Settings, folder: Path, look: str
) -> None:
    settings.AVATARS = {**settings.AVATARS, "INPUT_FORMATS": ("JPEG", "PNG", "WEBP", "GIF", "HEIC")}
    page = picker.page
    camera = Camera(page, folder, look)
    page.set_viewport_size(VIEW)  # type: ignore[arg-type]
    # Nothing is looked at while it fades into something else.
    page.emulate_media(color_scheme="dark" if look == "dark" else "light", reduced_motion="reduce")
    page.context.add_cookies([{"name": "lang", "value": LOOKS[look], "url": picker.url}])

    picker.open("/avatars/")
    page.wait_for_load_state("networkidle")
    camera.shoot("idle")
    picker.drop(file(), kinds=("dragenter", "dragover"))
    camera.shoot("dragging")
    picker.drop(file(), on="main", kinds=("dragleave",))
    page.locator("[data-avatar-remove]").click()
    camera.shoot("remove")
    page.keyboard.press("Escape")
    picker.hold()
    picker.choose(file(pictures.photo(1200, 900)))
    expect(picker.note).to_be_visible()
    camera.shoot("reading")
    picker.release()
    picker.is_placing()
    picker.press("PageUp")
    camera.shoot("dialog")
    waiting: list[Route] = []
    page.route("**/avatars/**", lambda route: waiting.append(route))
    picker.press("Enter")
    expect(picker.dialog.locator("progress")).to_be_visible()
    page.evaluate("document.querySelector('dialog progress').value = 60")
    page.evaluate(
        "document.querySelector('dialog [data-percent]').textContent = (0.6).toLocaleString('en', {style: 'percent'})"
    )
    camera.shoot("uploading")
    waiting[0].abort()
    expect(picker.trouble).to_be_visible()
    camera.shoot("not saved")
    page.unroute("**/avatars/**")
    picker.press("Escape")
    expect(picker.dialog).to_be_hidden()
    picker.choose(file(b"\xff\xd8\xff", "holiday.jpg"))
    expect(picker.problem).to_be_visible()
    camera.shoot("error")
    page.locator("[data-act=adjust]").click()
    picker.press("Enter")
    expect(picker.root).to_have_attribute("data-state", "saved")
    expect(picker.root.locator("[data-preview] img")).to_be_visible()
    page.wait_for_load_state("networkidle")
    camera.shoot("saved")
    picker.choose(file(pictures.heic(), "IMG_1.HEIC", ""))
    expect(picker.root.locator("[data-undo]")).to_be_visible()
    camera.shoot("cannot preview")

    picker.open("/form/")
    picker.root.locator("[data-clear] input").check()
    camera.shoot("remove pending")
    picker.place()
    picker.press("Enter")
    expect(picker.note).to_be_visible()
    camera.shoot("ready")
    page.goto(f"{picker.url}/form/?disabled")
    camera.shoot("disabled")
    picker.open(f"/admin/app/profile/{pictured.pk}/change/").place(file(pictures.photo(1200, 900)))
    picker.dialog.locator("[data-do=apply]").click()
    expect(picker.note).to_be_visible()
    camera.shoot("admin")

    assert set(camera.taken) == set(STATES)
    if os.environ.get("AVATARS_SCREENSHOTS"):
        sheet(folder)


def sheet(folder: Path) -> None:
    """All screenshots that there are, on one picture."""
    shots = [(state, look) for state in STATES for look in LOOKS]
    columns = 3 * len(LOOKS)
    rows = -(-len(shots) // columns)
    width, height = TILE
    canvas = Image.new("RGB", (columns * (width + 8) + 8, rows * (height + 28) + 8), "#8a9099")
    pen = ImageDraw.Draw(canvas)
    for number, (state, look) in enumerate(shots):
        left = 8 + number % columns * (width + 8)
        top = 8 + number // columns * (height + 28)
        pen.text((left, top + 2), f"{state}, {look}", fill="#ffffff", font_size=13)
        path = folder / f"{state.replace(' ', '-')}-{look}.png"
        if path.exists():
            with Image.open(path) as shot:
                canvas.paste(shot.convert("RGB").resize(TILE, Image.Resampling.LANCZOS), (left, top + 20))
    canvas.save(folder / "states.webp", quality=72, method=6)
