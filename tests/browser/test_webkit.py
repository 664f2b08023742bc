"""The core of it in WebKitGTK, which Selenium drives: run under ``xvfb-run -a``."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests import pictures
from tests.app.models import Profile, User
from tests.storing import upload

pytestmark = [
    pytest.mark.browser,
    pytest.mark.webkit,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:selenium"),  # of its own making
]


@pytest.fixture(scope="module")
def webkit() -> Iterator[Any]:
    """MiniBrowser of WebKitGTK."""
    options = webdriver.WebKitGTKOptions()
    options.binary_location = next(str(path) for path in Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    options.add_argument("--automation")
    driver = webdriver.WebKitGTK(options=options, service=webdriver.WebKitGTKService("/usr/bin/WebKitWebDriver"))
    yield driver
    driver.quit()


@pytest.fixture
def page(webkit: Any, live_server: LiveServer, user: User) -> Any:
    """A browser that is signed in."""
    client = Client()
    client.force_login(user)
    webkit.get(f"{live_server.url}/show/")
    webkit.delete_all_cookies()
    webkit.add_cookie(
        {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    )
    return webkit


def wait(driver: Any, script: str) -> Any:
    """Wait until this is true."""
    return WebDriverWait(driver, 10).until(lambda driver: driver.execute_script(f"return {script}"))


def test_a_picture_is_chosen_placed_and_saved(page: Any, live_server: LiveServer, user: User, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(pictures.photo(800, 600))
    page.get(f"{live_server.url}/avatars/")
    wait(page, "document.querySelector('.avatar-field--on')")
    page.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(tmp_path / "photo.jpg"))
    wait(page, "document.activeElement.matches('[data-stage]')")
    page.switch_to.active_element.send_keys(Keys.PAGE_UP, "]", Keys.ENTER)
    wait(page, "document.querySelector('[data-note]')?.textContent === 'Picture saved'")

    assert Profile.objects.get().profile_pic.width == 400


def test_an_error_keeps_what_was_chosen(page: Any, live_server: LiveServer, user: User, tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_bytes(pictures.SVG)
    page.get(f"{live_server.url}/form/")
    wait(page, "document.querySelector('.avatar-field--on')")
    page.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(tmp_path / "a.svg"))

    text = wait(page, "document.querySelector('[data-problem]').textContent")
    assert text == "SVG files are not accepted. Choose a JPEG, PNG, WebP or GIF file."


def test_where_a_file_is_gone_initials_are_seen(page: Any, live_server: LiveServer, user: User, media: Path) -> None:
    profile = Profile(user=user)
    profile.profile_pic = upload(200)
    profile.save()
    for path in media.rglob("*.webp"):
        path.unlink()
    page.get(f"{live_server.url}/show/?size=64")
    wait(page, "document.querySelector('#plain img').complete")
    box = page.find_element(By.CSS_SELECTOR, "#plain .avatar").rect
    shots = [page.get_screenshot_as_png()]
    page.get(f"{live_server.url}/show/?size=64&scriptless")
    time.sleep(1)
    shots.append(page.get_screenshot_as_png())

    for shot in shots:
        whole = Image.open(io.BytesIO(shot)).convert("RGB")
        image = whole.crop((int(box["x"]), int(box["y"]), int(box["x"]) + 64, int(box["y"]) + 64))
        ground = image.getpixel((32, 6))
        assert len(image.getcolors(10_000) or []) > 2
        assert [image.getpixel(point) for point in ((8, 32), (56, 32), (32, 58))] == [ground] * 3
