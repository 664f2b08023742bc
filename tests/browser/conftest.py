"""Browsers, and a page that fails its test when it breaks the policy."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests import pictures
from tests.app.models import Profile, User
from tests.browser.picker import Picker

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = {
    "executable_path": "/usr/bin/chromium",
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ],
}
FIREFOX = {"executable_path": "/usr/bin/firefox-esr", "channel": "moz-firefox"}

BROKEN = re.compile("Content.Security.Policy|TrustedHTML|TrustedScript", re.IGNORECASE)
"""What browsers write to the console when a page breaks the policy."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_name: str) -> dict[str, Any]:
    """The browsers of Debian."""
    return CHROMIUM if browser_name == "chromium" else FIREFOX


@pytest.fixture(scope="session")
def base_url() -> str:
    """Addresses are whole; the plugin's own fixture is deprecated by pytest 9."""
    return ""


@pytest.fixture
def broken() -> list[str]:
    """What the pages of this test did against the policy, and errors in scripts."""
    return []


@pytest.fixture
def page(page: Page, broken: list[str]) -> Iterator[Page]:
    """A page whose every violation of the policy, and every error in a script, fails the test."""
    page.on("console", lambda message: broken.append(message.text) if BROKEN.search(message.text) else None)
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.set_default_timeout(10_000)
    yield page
    assert broken == []


@pytest.fixture
def user(transactional_db: None) -> User:
    """Somebody who may see the admin too."""
    return User.objects.create_superuser("jane", first_name="Jane", last_name="Doe", email="jane@example.com")


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer, user: User) -> Iterator[Page]:
    """A page that is signed in, and asks for nothing any more once the database is emptied."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    yield page
    page.wait_for_load_state("networkidle")
    page.goto("about:blank")


@pytest.fixture
def picker(signed_in: Page, live_server: LiveServer) -> Picker:
    """The picker, on no page yet: `picker.open("/form/")`."""
    return Picker(signed_in, live_server.url)


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers that only these tests use."""
    # A request of a page that was closed meanwhile ends in a thread whose connection is not its own.
    config.addinivalue_line("filterwarnings", "ignore::pytest.PytestUnhandledThreadExceptionWarning")
    config.addinivalue_line("markers", "webkit: drives WebKitGTK, which needs a display")
    config.addinivalue_line("markers", "chromium: needs what only the driver of Chromium can do")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a browser's driver cannot do; it is not skipped, it is no test of that browser."""
    impossible = [item for item in items if item.get_closest_marker("chromium") and "[firefox" in item.name]
    items[:] = [item for item in items if item not in impossible]
    config.hook.pytest_deselected(items=impossible)


@pytest.fixture
def profile(user: User) -> Profile:
    """Somebody without a picture."""
    return Profile.objects.create(user=user)


@pytest.fixture
def pictured(profile: Profile) -> Profile:
    """Somebody with a picture, all red."""
    profile.profile_pic = ContentFile(pictures.saved(Image.new("RGB", (600, 600), "#c00000")), "red.png")
    profile.save()
    return profile


@pytest.fixture
def scriptless(browser: Browser, signed_in: Page) -> Iterator[Page]:
    """A page in a browser that runs no scripts, signed in."""
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]  # what is read can be written
    yield context.new_page()
    context.close()
