"""That the tests would see a page that breaks the policy, wherever it is opened."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.app.models import User
from tests.browser.conftest import NewContext

pytestmark = pytest.mark.browser

STYLE = "document.body.setAttribute('style', 'color: red')"


def test_an_inline_style_is_seen(page: Page, live_server: LiveServer, user: User, broken: list[str]) -> None:
    page.goto(f"{live_server.url}/show/")
    page.evaluate(STYLE)
    page.wait_for_timeout(100)

    assert any(text.startswith("style-src-attr: inline") for text in broken)
    broken.clear()


def test_it_is_seen_in_a_second_context_too(
    new_context: NewContext, live_server: LiveServer, user: User, broken: list[str]
) -> None:
    page = new_context(device_scale_factor=2).new_page()
    page.goto(f"{live_server.url}/show/")
    page.evaluate(STYLE)
    page.wait_for_timeout(100)

    assert any(text.startswith("style-src-attr: inline") for text in broken)
    broken.clear()


def test_markup_that_is_made_of_text_is_seen(
    page: Page, live_server: LiveServer, user: User, broken: list[str]
) -> None:
    page.goto(f"{live_server.url}/show/")
    has_types = page.evaluate(
        "() => { try { document.body.innerHTML = '' } catch { return true } return !('trustedTypes' in window) }"
    )
    page.wait_for_timeout(100)

    assert has_types
    broken.clear()


def test_an_error_in_a_script_is_seen(page: Page, live_server: LiveServer, user: User, broken: list[str]) -> None:
    page.goto(f"{live_server.url}/show/")
    page.evaluate("() => { setTimeout(() => { throw new Error('mine') }) }")
    page.wait_for_timeout(100)

    assert any("mine" in text for text in broken)
    broken.clear()
