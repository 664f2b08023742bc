"""Browsers, and a page that fails its test when it breaks the policy."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.servers.basehttp import WSGIRequestHandler
from django.test import Client
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import pictures
from tests.app.models import Profile, Team, User
from tests.browser.picker import Picker
from tests.demo import running_demo

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# An answer is sent in two parts, and the second would wait 40 ms until the first is confirmed.
WSGIRequestHandler.disable_nagle_algorithm = True

expect.set_options(timeout=15_000)  # a condition that holds is not waited for, and a machine may be busy

NewContext = Callable[..., BrowserContext]

CHROMIUM = {
    # Without windows it takes half the time.
    "executable_path": shutil.which("chromium-headless-shell", path="/usr/lib/chromium") or "/usr/bin/chromium",
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ],
}
FIREFOX = {
    "executable_path": "/usr/bin/firefox-esr",
    "channel": "moz-firefox",
    # No processes for pages that are never opened, and no more frames a second than a test could tell apart.
    "firefox_user_prefs": {
        "dom.ipc.processPrelaunch.enabled": False,
        "fission.autostart": False,
        "layout.frame_rate": 20,
    },
}

BROKEN = re.compile("Content.Security.Policy|TrustedHTML|TrustedScript", re.IGNORECASE)
"""What browsers write to the console when a page breaks the policy."""

WATCH = """addEventListener("securitypolicyviolation", (event) => {
  const { violatedDirective, blockedURI, sourceFile, lineNumber, sample } = event;
  sayBroken(`${violatedDirective}: ${blockedURI} at ${sourceFile}:${lineNumber} ${sample}`);
})"""
"""Runs before every page, and tells what it does against the policy."""

FORGET = """try {
  if (localStorage.test !== TEST) { localStorage.clear(); localStorage.test = TEST }
} catch { /* in a sandbox there is none */ }"""
"""Runs before every page of a test, so that it finds nothing that another test has stored."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_name: str) -> dict[str, Any]:
    """The browsers of Debian."""
    return CHROMIUM if browser_name == "chromium" else FIREFOX


@pytest.fixture(scope="session")
def base_url() -> str:
    """Addresses are whole; the plugin's own fixture is deprecated by pytest 9."""
    return ""


@pytest.fixture(scope="session")
def seen() -> list[str]:
    """What `broken` gives: one list, as a window outlives the tests that have a tab in it."""
    return []


@pytest.fixture
def broken(seen: list[str]) -> Iterator[list[str]]:
    """What the pages of this test did against the policy, and errors in scripts: each fails the test."""
    seen.clear()
    yield seen
    assert seen == []


def watch(context: BrowserContext, broken: list[str], *, scripts: bool = True) -> None:
    """Write down what every page of a context breaks; without scripts, by what it writes to the console alone."""
    context.set_default_timeout(20_000)
    context.on("page", lambda page: page.on("pageerror", lambda error: broken.append(str(error))))
    context.on("page", lambda page: page.on("console", lambda message: look(message.text)))
    if scripts:
        context.expose_binding("sayBroken", lambda source, text: broken.append(text))
        context.add_init_script(WATCH)

    def look(text: str) -> None:
        if BROKEN.search(text):
            broken.append(text)


@pytest.fixture
def new_context(new_context: NewContext, broken: list[str]) -> Iterator[NewContext]:
    """Make a context that is watched."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = new_context(**options)
        made.append(context)
        watch(context, broken, scripts=options.get("java_script_enabled", True))
        return context

    yield make
    for page in [page for context in made for page in context.pages]:
        page.wait_for_timeout(100)  # what has happened is told by then


@pytest.fixture(scope="session")
def window(browser: Browser, seen: list[str]) -> Page:
    """A window of Firefox that stays: a window of its own costs each test more than all that it does there."""
    context = browser.new_context()
    watch(context, seen)
    return context.new_page()


@pytest.fixture
def page(request: pytest.FixtureRequest, browser_name: str, broken: list[str]) -> Iterator[Page]:
    """A page that is watched, and knows nothing of any other: in Firefox a tab of `window`."""
    if browser_name == "chromium":
        yield request.getfixturevalue("new_context")().new_page()
        return
    window: Page = request.getfixturevalue("window")
    context = window.context
    with context.expect_page() as tab:
        window.evaluate("() => { open() }")
    tab.value.add_init_script(FORGET.replace("TEST", repr(request.node.nodeid)))
    yield tab.value
    window.wait_for_timeout(100)
    for page in context.pages:
        if page != window:
            page.close()
    context.clear_cookies()
    context.clear_permissions()
    context.set_offline(False)


@pytest.fixture
def user(transactional_db: None) -> User:
    """Somebody who may see the admin too."""
    names = {"first_name": "Jane", "last_name": "Doe", "email": "jane@example.com"}
    return User.objects.create_superuser("jane", password="secret", **names)


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer, user: User) -> Iterator[Page]:
    """A page that is signed in, and asks for nothing any more once the database is emptied."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    yield page
    page.wait_for_load_state("networkidle")
    page.close()


@pytest.fixture
def picker(signed_in: Page, live_server: LiveServer) -> Picker:
    """The picker, on no page yet: `picker.open("/form/")`."""
    return Picker(signed_in, live_server.url)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running example."""
    with running_demo(tmp_path_factory.mktemp("site") / "example", DJANGO_SETTINGS_MODULE="quick_settings") as address:
        yield address


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers that only these tests use."""
    config.addinivalue_line("markers", "webkit: drives WebKitGTK, which needs a display")
    config.addinivalue_line("markers", "chromium: needs the driver of Chromium, or is the same in every browser")
    config.addinivalue_line("markers", "firefox: needs what only Firefox can do")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is no test of this browser; it is not skipped."""
    asked = config.getoption("--browser") or ["chromium"]
    others = [
        item
        for item in items
        for one, other in (("chromium", "firefox"), ("firefox", "chromium"))
        if item.get_closest_marker(one) and (f"[{other}" in item.name or asked == [other])
    ]
    items[:] = [item for item in items if item not in others]
    config.hook.pytest_deselected(items=others)


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
def team(transactional_db: None) -> Team:
    """A team to which members can be added."""
    return Team.objects.create(name="Reds")


@pytest.fixture
def scriptless(new_context: NewContext, signed_in: Page) -> Page:
    """A page in a browser that runs no scripts, signed in."""
    context = new_context(java_script_enabled=False)
    context.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]  # what is read can be written
    return context.new_page()
