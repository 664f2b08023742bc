"""The pages of the example, which are the first that anybody sees of this project."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.chromium]

WIDTHS = {1280: 1, 768: 1, 720: 1, 640: 2, 390: 2, 360: 2}
"""How many rows the header may have."""
PEOPLE = {"ada": "Ada runs the site", "nobody": ""}


def tops(found: Locator) -> set[float]:
    """How far from the top their middles are."""
    boxes = [one.bounding_box() for one in found.all()]
    return {round(box["y"] + box["height"] / 2) for box in boxes if box}


@pytest.fixture(params=PEOPLE)
def front(page: Page, site: str, request: pytest.FixtureRequest) -> Page:
    """The front page, as somebody sees it who has logged in or not."""
    page.goto(site)
    if name := PEOPLE[request.param]:
        page.get_by_role("button", name=name).click()
    return page


def test_the_navigation_stands_in_one_row_and_no_picture_lies_over_another(front: Page) -> None:
    for width, rows in WIDTHS.items():
        front.set_viewport_size({"width": width, "height": 740})
        assert len(tops(front.locator(".top__nav > a"))) == 1
        assert len(tops(front.locator(".brand, .top__nav > a, .badge, .top .link"))) <= rows

        around = front.locator(".orbit > span:visible, .orbit > span:visible .avatar__badge")
        large = front.locator(".orbit__me .avatar").first.bounding_box()
        assert large
        radius = large["width"] / 2
        for one in around.all():
            box = one.bounding_box()
            assert box
            across = box["x"] + box["width"] / 2 - large["x"] - radius
            down = box["y"] + box["height"] / 2 - large["y"] - radius
            assert (across**2 + down**2) ** 0.5 >= radius + box["width"] / 2


def test_english_sentences_end_at_their_end_in_pages_from_right_to_left(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_label("Language").select_option("he")
    page.get_by_role("button", name="Change").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    lead = page.locator(".lead")
    end = lead.evaluate(
        """lead => {
            const text = lead.firstChild, range = document.createRange();
            const at = (from) => { range.setStart(text, from); range.setEnd(text, from + 1); return range };
            const stop = text.data.trimEnd().length - 1;
            return [at(stop - 1).getBoundingClientRect().x, at(stop).getBoundingClientRect().x];
        }"""
    )

    assert end[0] < end[1]  # the full stop stands behind the last letter
    assert lead.evaluate("lead => getComputedStyle(lead).textAlign") == "right"
    page.goto(f"{site}/systems/")
    assert page.locator(".code").evaluate("one => getComputedStyle(one).direction") == "ltr"
