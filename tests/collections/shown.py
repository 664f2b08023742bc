"""What Chromium shows of a file."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image
from playwright.sync_api import Page, Route, sync_playwright

from django_avatars.imaging.color import on_background

SITE = "http://pictures.test/"

DRAW = """async (address) => {
  const image = new Image();
  image.src = address;
  try { await image.decode(); } catch { return null; }
  const { naturalWidth: width, naturalHeight: height } = image;
  const side = Math.min(width, height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(side, 512);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  const left = (width - side) / 2, top = Math.max(height / 3 - side / 2, 0);
  context.drawImage(image, left, top, side, side, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png").split(",")[1];
}"""
"""The square that our pipeline takes, as large as its largest rendition. Null where nothing is shown."""


class Browser:
    """A page of Chromium that draws files."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._file = b""
        self._count = 0
        page.route(f"{SITE}**", self._answer)
        page.goto(SITE)

    def _answer(self, route: Route) -> None:
        if route.request.url == SITE:
            route.fulfill(body="<!doctype html>", content_type="text/html")
        else:
            route.fulfill(body=self._file, content_type="image/*")

    def shows(self, file: bytes) -> Image.Image | None:
        """
        The square of the picture that our pipeline takes; None where Chromium shows none.

        It tells the sides of many a file that it cannot decode, and draws nothing.
        """
        self._file = file
        self._count += 1
        drawn = self._page.evaluate(DRAW, f"{SITE}{self._count}")
        image = Image.open(io.BytesIO(base64.b64decode(drawn))) if drawn else None
        return on_background(image, "#ffffff") if image and image.getchannel("A").getbbox() else None


@contextmanager
def chromium() -> Iterator[Browser]:
    """A `Browser`, for as long as the block runs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            yield Browser(browser.new_page())
        finally:
            browser.close()
