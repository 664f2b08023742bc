"""
Takes the picture of the README from the running example, at twice its size, by day and by night.

Run `python docs/pictures.py` with Pillow, playwright and the requirements of the example installed. ``CHROMIUM`` may
name the browser.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import django
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "images"
SIZE: Any = {"width": 1180, "height": 720}
SCHEMES: Any = {"light": "", "dark": "-dark"}


def main() -> None:
    """Start the demo, and look at its front page."""
    sys.path += [str(ROOT / "example_project")]
    os.environ["DJANGO_SETTINGS_MODULE"] = "example.settings"
    django.setup()
    from conftest import running_demo  # the one of the example, which knows its models

    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as (address, _), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=os.environ.get("CHROMIUM"))
        for scheme, ending in SCHEMES.items():
            page = browser.new_page(viewport=SIZE, device_scale_factor=2, color_scheme=scheme)
            page.goto(address)
            take(page, f"example-front{ending}")
            page.close()
        browser.close()


def take(page: Any, name: str) -> None:
    """Write what is seen, as WebP."""
    page.wait_for_load_state("networkidle")
    with Image.open(io.BytesIO(page.screenshot())) as image:
        image.convert("RGB").save(FOLDER / f"{name}.webp", quality=80, method=6)


if __name__ == "__main__":
    main()
