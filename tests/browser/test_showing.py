"""Pictures in pages, without any script: sizes, fallbacks, what is read out, colors of the system."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any, Literal

import pytest
from django.core.files.base import ContentFile
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_avatars import naming
from django_avatars.providers.drawing import contrast
from tests import pictures
from tests.app.models import Profile, Team, User
from tests.browser.conftest import NewContext
from tests.browser.picker import Picker, file
from tests.pictures import moving
from tests.pictures.moving import Part

pytestmark = pytest.mark.browser

RED = (192, 0, 0)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TEXT_SPACING = (
    "for (const e of document.querySelectorAll('*')) {"
    " e.style.lineHeight = '1.5'; e.style.letterSpacing = '.12em'; e.style.wordSpacing = '.16em';"
    " if (e.localName === 'p') e.style.marginBlockEnd = '2em' }"
)
"""WCAG 1.4.12."""


@pytest.fixture
def people(pictured: Profile, media: Path) -> list[User]:
    """Six people: one with a picture, one whose file is gone, four without."""
    others = [User.objects.create_user(f"person{n}", first_name=f"Person{n}", last_name="Test") for n in range(5)]
    kept = set(media.rglob("*.webp"))
    gone = Profile(user=others[0])
    gone.profile_pic = ContentFile(pictures.saved(Image.new("RGB", (600, 600), "#00c000")), "green.png")
    gone.save()
    for path in set(media.rglob("*.webp")) - kept:
        path.unlink()
    return [pictured.user, *others]


def shot(what: Locator | Page) -> Image.Image:
    """How it looks."""
    return Image.open(io.BytesIO(what.screenshot())).convert("RGB")


def near(one: object, other: tuple[int, ...]) -> bool:
    """Whether two colors are the same to the eye."""
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))  # type: ignore[call-overload]


# 35


CUT_OFF = """root => [...root.querySelectorAll("button, label, p, span, h1, h2, a, summary")].filter((e) =>
  e.offsetParent && !/live|frame|drop|label/.test(e.className) && getComputedStyle(e).overflowY !== "visible" &&
  (e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)).map((e) => e.outerHTML.slice(0, 80))"""
"""What does not fit into its own box."""


@pytest.mark.parametrize(("width", "height"), [(320, 600), (256, 600), (320, 256)])  # 1280 × 1024 at 400 %: 320 × 256
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_is_wider_than_a_narrow_screen(
    picker: Picker, pictured: Profile, width: int, height: int, language: str
) -> None:
    page = picker.page
    page.set_viewport_size({"width": width, "height": height})
    picker.open(f"/avatars/?lang={language}")
    picker.place()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert picker.dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    assert picker.dialog.evaluate("dialog => dialog.getBoundingClientRect().height") <= height
    assert picker.stage.evaluate("stage => stage.clientWidth") >= 100

    picker.dialog.locator("[data-do=apply]").click()
    expect(picker.root).to_have_attribute("data-state", "saved")
    page.evaluate(TEXT_SPACING)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert page.locator("main").evaluate(CUT_OFF) == []
    picker.root.locator("[data-act=adjust]").click()
    page.evaluate(TEXT_SPACING)
    assert picker.dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    assert picker.dialog.evaluate(CUT_OFF) == []


def test_no_page_scrolls_sideways_on_a_narrow_screen(
    picker: Picker, people: list[User], subtests: pytest.Subtests
) -> None:
    page = picker.page
    page.set_viewport_size({"width": 320, "height": 568})
    for path in ("/form/", "/teams/", "/show/", "/foreign/", "/host/modals/"):
        with subtests.test(path):
            page.goto(picker.url + path)

            assert page.evaluate("document.scrollingElement.scrollWidth") <= 320


# How it is laid out


def test_paragraphs_of_the_page_and_of_the_dialog_do_not_get_into_each_other(picker: Picker) -> None:
    picker.open("/avatars/").place(file(pictures.photo(128, 160)))  # which is warned of

    for paragraph in (".avatar-crop__seen", ".avatar-crop__warning"):
        assert picker.dialog.locator(paragraph).evaluate("e => getComputedStyle(e).margin") == "0px"


@pytest.mark.chromium
def test_buttons_of_the_camera_keep_their_distance(picker: Picker) -> None:
    picker.page.context.grant_permissions(["camera"])
    picker.open("/avatars/").button("Take a photo").click()
    dialog = picker.page.get_by_role("dialog", name="Take a photo")
    expect(dialog).to_be_visible()
    stage = dialog.locator(".avatar-crop__stage").bounding_box()
    button = dialog.get_by_role("button", name="Take photo").bounding_box()
    assert stage is not None
    assert button is not None

    assert button["y"] - stage["y"] - stage["height"] >= 7


def test_the_two_answers_to_the_question_are_side_by_side(picker: Picker, pictured: Profile) -> None:
    page = picker.open("/avatars/").page
    page.get_by_role("link", name="Remove picture").click()
    boxes = [
        page.get_by_role("alertdialog").get_by_role("button", name=name).bounding_box()
        for name in ("Keep picture", "Remove picture")
    ]
    assert boxes[0] is not None
    assert boxes[1] is not None

    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["height"] == boxes[1]["height"]


def test_the_dialog_does_not_take_capitals_and_paddings_from_the_admin(picker: Picker, team: Team) -> None:
    page = picker.page
    page.goto(f"{picker.url}/admin/app/team/{team.pk}/change/")
    page.locator(".add-row a").click()
    row = Picker(page, within="#members-0 avatar-field")
    row.place()

    assert row.dialog.locator("h2").evaluate("e => getComputedStyle(e).textTransform") == "none"
    seen = row.dialog.locator(".avatar-crop__seen")
    assert seen.evaluate("e => getComputedStyle(e).padding") == "8px"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_how_many_more_there_are_reads_the_same_in_both_directions(
    signed_in: Page, live_server: LiveServer, people: list[User], language: str
) -> None:
    signed_in.goto(f"{live_server.url}/show/?lang={language}")
    more = signed_in.locator(".avatar-stack__more text")

    expect(more).to_have_text("+3")
    assert more.evaluate("e => getComputedStyle(e).direction") == "ltr"


# 36


@pytest.mark.chromium
def test_forced_colors_leave_everything_to_be_seen(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    page = signed_in
    page.emulate_media(forced_colors="active")
    page.goto(f"{live_server.url}/show/")
    letters = page.locator("#plain li:nth-child(3) .avatar")
    colors = {one for _, one in shot(letters).getcolors(10_000) or []}

    assert {(0, 0, 0), (255, 255, 255)} <= colors
    assert page.locator("#plain .avatar").first.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


@pytest.mark.chromium
def test_forced_colors_leave_the_frame_to_be_seen(picker: Picker) -> None:
    picker.page.emulate_media(forced_colors="active")
    picker.open("/form/").place()

    frame = picker.dialog.locator(".avatar-crop__frame")
    seen = frame.evaluate("e => (s => [s.borderTopColor, s.boxShadow])(getComputedStyle(e))")
    assert seen[0] == "rgb(255, 255, 255)"
    assert seen[1].startswith("rgba(11, 13, 18")  # what is outside is darker


@pytest.mark.chromium
def test_the_focus_is_seen_on_any_photo_whatever_colors_a_site_has(picker: Picker) -> None:
    picker.open("/form/").page.evaluate("document.documentElement.style.setProperty('--avatar-accent', 'black')")
    picker.place()
    picker.press("ArrowLeft")

    frame = picker.dialog.locator(".avatar-crop__frame")
    assert frame.evaluate("e => getComputedStyle(e).outline") == "rgb(255, 255, 255) solid 3px"
    assert picker.stage.evaluate("e => getComputedStyle(e).outlineStyle") == "none"  # one ring is enough


@pytest.mark.chromium
def test_forced_colors_show_an_error_and_where_to_drop(picker: Picker) -> None:
    page = picker.page
    page.emulate_media(forced_colors="active")
    picker.open("/form/")
    picker.choose(file(b"", "a.jpg"))
    expect(picker.problem).to_be_visible()
    page.locator("#color").focus()
    preview = picker.root.locator("[data-preview]")
    assert preview.evaluate("e => getComputedStyle(e).outlineWidth") == "3px"

    picker.drop(file(), on="#elsewhere", kinds=("dragenter", "dragover"))
    drop = picker.root.locator("[data-drop]")
    assert drop.evaluate("e => getComputedStyle(e).borderTopStyle") == "dashed"
    assert len(shot(drop).getcolors(1_000_000) or []) > 1


def test_less_motion_changes_nothing_as_nothing_moves(picker: Picker, people: list[User]) -> None:
    page = picker.page
    seen = []
    for motion in ("no-preference", "reduce"):
        page.emulate_media(reduced_motion=motion)
        page.goto(f"{picker.url}/show/", wait_until="networkidle")
        moving = page.evaluate("document.getAnimations().length")
        # What is offered: which of it is taken also depends on what a browser has already.
        addresses = page.evaluate("[...document.images].map((img) => [img.src, img.srcset])")
        seen.append((moving, addresses))

    assert seen[0] == seen[1]
    assert seen[0][0] == 0


@pytest.mark.chromium
def test_an_animation_stands_still(picker: Picker, profile: Profile) -> None:
    picker.open("/avatars/")
    picker.place(file(pictures.animation("GIF"), "moving.gif"))
    picker.save()
    picker.is_saved()

    with Profile.objects.get().profile_pic.open() as stored:
        assert getattr(Image.open(stored), "n_frames", 1) == 1


@pytest.mark.parametrize("client_crop", [False, True], ids=["whole", "square"])
def test_on_request_it_moves_as_it_was_placed(
    picker: Picker, profile: Profile, settings: Settings, client_crop: bool
) -> None:
    settings.AVATARS = {**settings.AVATARS, "ANIMATION": True, "CLIENT_CROP": client_crop}
    halves = [Part(0, (0, 0, 100, 200)), Part(1, (100, 0, 100, 200)), Part(2, (0, 0, 100, 200))]
    dance = moving.gif(halves, size=200)
    picker.open("/form/")
    picker.place(file(dance, "moving.gif"))
    picker.press("]", "PageUp", "PageUp", "PageUp", "PageUp", "Shift+ArrowUp")  # the left half is at the top now
    picker.apply()
    assert [one["size"] for one in picker.chosen()] == [len(dance)]
    seen = picker.preview()
    picker.page.get_by_role("button", name="Save").click()
    expect(picker.note).to_be_hidden()

    stored = Profile.objects.get().profile_pic
    with stored.storage.open(naming.animation(str(stored.name))) as opened:
        frames = [image for image, _ in moving.frames(opened.read())]
    assert near(seen.getpixel((256, 40)), moving.RED)
    assert [near(frame.getpixel((frame.width // 2, 10))[:3], moving.RED) for frame in frames] == [True, True, False]  # type: ignore[index]
    assert near(frames[2].getpixel((frames[2].width // 2, 10))[:3], moving.BLUE)  # type: ignore[index]


@pytest.mark.chromium  # that of Firefox asks for no less motion
def test_without_a_script_it_moves_for_who_wants_motion_alone(
    scriptless: Page, profile: Profile, settings: Settings, live_server: LiveServer
) -> None:
    settings.AVATARS = {**settings.AVATARS, "ANIMATION": True}
    profile.profile_pic = ContentFile(pictures.animation("GIF"), "moving.gif")
    profile.save()
    fetched: list[str] = []
    scriptless.on("response", lambda response: fetched.append(response.url))

    def is_seen_moving(motion: Literal["no-preference", "reduce"]) -> bool:
        scriptless.goto("about:blank")  # or the page before hears of it too, and fetches
        fetched.clear()
        scriptless.emulate_media(reduced_motion=motion)
        scriptless.goto(f"{live_server.url}/avatars/", wait_until="networkidle")
        [picture] = {url.removeprefix(live_server.url) for url in fetched if "/media/" in url}
        assert picture in (profile.profile_pic.url, profile.profile_pic.animated_url)
        return picture == profile.profile_pic.animated_url

    assert not is_seen_moving("reduce")
    assert is_seen_moving("no-preference")


# 37


@pytest.mark.parametrize("scripts", [True, False])
def test_where_a_file_is_gone_initials_are_seen(
    new_context: NewContext, live_server: LiveServer, people: list[User], broken: list[str], scripts: bool
) -> None:
    page = new_context(java_script_enabled=scripts).new_page()
    page.goto(f"{live_server.url}/show/?size=64", wait_until="networkidle")
    rows = page.locator("#plain li .avatar")
    assert broken == []
    photo, gone = shot(rows.nth(0)), shot(rows.nth(1))
    page.wait_for_timeout(100)
    broken.clear()  # to take a screenshot, the driver of Firefox adds a style, against the policy

    assert near(photo.getpixel((32, 10)), RED)
    assert len(gone.getcolors(10_000) or []) > 2  # letters on a ground, and no sign of a broken picture
    ground = gone.getpixel((32, 6))
    for x, y in ((6, 32), (58, 32), (32, 58)):
        assert near(gone.getpixel((x, y)), ground)  # type: ignore[arg-type]


# 38


@pytest.mark.chromium
def test_decoration_is_silent_and_a_label_is_read_once(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/")

    assert "img" not in page.locator("#plain").aria_snapshot()
    labelled = page.locator("#labelled").aria_snapshot()
    assert labelled.count('img "Jane Doe"') == labelled.count("Jane Doe") == 1
    assert page.locator("#linked").aria_snapshot().count('link "Profile"') == 6


@pytest.mark.chromium
def test_a_stack_is_a_list_in_the_order_of_its_people(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/")
    stack = page.get_by_role("list", name="Members")

    expect(stack.get_by_role("listitem")).to_have_count(4)
    names = [one.get_attribute("aria-label") for one in stack.get_by_role("img").all()]
    assert names == ["Jane Doe", "Person0 Test", "Person1 Test", "3 more"]
    expect(stack.get_by_role("link", name="3 more")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_neighbors_in_a_stack_cut_no_letters(
    signed_in: Page, live_server: LiveServer, people: list[User], language: str
) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/?lang={language}")
    for place in (0, 1):
        stack = page.locator("#stacks .avatar-stack").nth(place)
        boxes = [
            (text.bounding_box(), item.bounding_box())
            for text, item in zip(stack.locator("text").all(), stack.locator("li").all(), strict=True)
        ]

        for (text, _), (_, after) in itertools.pairwise(boxes):
            assert text is not None
            assert after is not None
            if language == "en":
                assert text["x"] + text["width"] <= after["x"]
            else:
                assert text["x"] >= after["x"] + after["width"]


def test_the_keyboard_reaches_a_stack_once_and_sees_the_names(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/")
    stack = page.locator("#stacks .avatar-stack").first
    shown = "e => getComputedStyle(e, '::after').content"
    assert stack.evaluate(shown) == "none"

    stack.focus()

    assert stack.evaluate(shown) in (
        '"Person1 Test, Person2 Test, Person3 Test, Person4 Test"',
        "attr(data-avatar-names)",
    )
    assert stack.get_attribute("data-avatar-names") == "Person1 Test, Person2 Test, Person3 Test, Person4 Test"
    assert stack.locator(".avatar").first.get_attribute("title") == "Person1 Test"


# Looks


@pytest.mark.chromium  # the driver of Firefox cannot look without a style of its own, nor by night
def test_no_color_of_the_initials_shines_around_a_photo(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/?size=56", wait_until="networkidle")
    photo = page.locator("#plain li:first-child .avatar")
    photo.evaluate("e => e.querySelector('rect').setAttribute('fill', '#0000ff')")

    colors: Any = shot(photo).getcolors(10_000)
    tinted = [color for _, color in colors if color[2] > color[0] + 12]

    assert tinted == []


@pytest.mark.chromium  # the driver of Firefox cannot look without a style of its own, nor by night
def test_in_dark_mode_the_ground_is_deeper_and_letters_stay_readable(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/?size=64")
    avatar = page.locator("#plain li:nth-child(3) .avatar")
    grounds = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        picture = shot(avatar)
        ground: Any = picture.getpixel((32, 8))
        inner: Any = picture.crop((16, 16, 48, 48)).getcolors(10_000)
        palest = max((color for _, color in inner), key=sum)
        assert contrast(_hex(ground), _hex(palest)) >= 4.5
        grounds.append(ground)

    assert [round(channel * 0.75) for channel in grounds[0]] == pytest.approx(grounds[1], abs=1)


@pytest.mark.chromium  # the driver of Firefox cannot look without a style of its own
def test_initials_have_no_darker_line_around_them(signed_in: Page, live_server: LiveServer, people: list[User]) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/?size=64")
    picture = shot(page.locator("#plain li:nth-child(3) .avatar"))
    ground: Any = picture.getpixel((32, 8))

    colors: Any = picture.getcolors(10_000)

    assert [color for _, color in colors if sum(color) < sum(ground) - 6] == []


def _hex(color: tuple[int, ...]) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in color)


PROPERTIES = [
    ("--avatar-radius", "7px", "#plain .avatar svg", "borderTopLeftRadius: 7px"),
    ("--avatar-radius", "7px", "#plain .avatar img", "borderTopLeftRadius: 7px"),
    ("--avatar-ring", "rgb(1, 2, 3)", "#stacks li", "boxShadow: rgb(1, 2, 3) 0px 0px 0px 2px"),
    ("--avatar-overlap", "3px", "#stacks li:last-child", "marginInlineStart: -3px"),
    ("--avatar-shade", "0.5", "#plain .avatar rect", "fillOpacity: 0.5"),
    ("--avatar-badge", "rgb(1, 2, 3)", "#badge .avatar__badge", "backgroundColor: rgb(1, 2, 3)"),
]


def test_a_page_that_sets_a_property_has_its_way(
    signed_in: Page, live_server: LiveServer, people: list[User], subtests: pytest.Subtests
) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/")

    for name, value, what, shown in PROPERTIES:
        with subtests.test(what):
            key, _, expected = shown.partition(": ")
            style = f"e => getComputedStyle(e).{key}"
            assert page.locator(what).first.evaluate(style) != expected
            page.evaluate("([name, value]) => document.documentElement.style.setProperty(name, value)", [name, value])
            assert page.locator(what).first.evaluate(style) == expected
            page.evaluate("name => document.documentElement.style.removeProperty(name)", name)


def test_a_badge_is_not_cut(signed_in: Page, live_server: LiveServer, people: list[User]) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/")
    badge = page.get_by_role("img", name="Online")
    badge.scroll_into_view_if_needed()

    box = badge.bounding_box()
    assert box is not None
    assert 10 <= box["width"] == box["height"] <= 20
    corner = (box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).className", corner).startswith("avatar__badge")


@pytest.mark.chromium  # the driver of Firefox cannot look without a style of its own, nor by night
def test_faces_of_a_group_share_one_shape(signed_in: Page, live_server: LiveServer, people: list[User]) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/", wait_until="networkidle")
    group = page.locator("#group .avatar-group")
    boxes = [one.bounding_box() for one in group.locator(".avatar").all()]

    assert [(box["width"], box["height"]) for box in boxes if box] == [(27, 27)] * 4
    assert near(shot(group).getpixel((14, 20)), RED)
    assert group.get_attribute("aria-label") == "Jane Doe, Person0 Test, Person1 Test, Person2 Test and 2 more"


def test_without_the_stylesheet_nobody_is_seen_twice(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    page = signed_in
    page.route("**/avatars.css", lambda route: route.abort())
    page.goto(f"{live_server.url}/show/", wait_until="networkidle")
    row = page.locator("#plain li:first-child .avatar")

    assert row.locator("img").is_visible()
    assert row.locator("svg").is_hidden()
    assert page.locator("#plain li:nth-child(3) .avatar svg").is_visible()


# 39


@pytest.mark.parametrize("density", [1, 2, 3])
def test_a_screen_loads_the_file_that_suits_it(
    new_context: NewContext, live_server: LiveServer, people: list[User], density: int
) -> None:
    page = new_context(device_scale_factor=density).new_page()
    # Chromium takes a larger file that it has in memory, and elsewhere on the page the same picture is large.
    page.goto(f"{live_server.url}/show/?size=64&alone", wait_until="networkidle")

    chosen = page.evaluate("document.querySelector('#plain img').currentSrc")
    assert f"_{(64, 128, 256)[density - 1]}." in chosen


@pytest.mark.chromium  # the others do not measure it
def test_nothing_moves_while_pictures_load(signed_in: Page, live_server: LiveServer, people: list[User]) -> None:
    page = signed_in
    page.add_init_script(
        "window.shift = 0;"
        "new PerformanceObserver((list) => { for (const e of list.getEntries()) shift += e.value })"
        ".observe({type: 'layout-shift', buffered: true})"
    )

    def later(route: Route) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/media/**", later)
    page.goto(f"{live_server.url}/show/", wait_until="networkidle")
    page.wait_for_timeout(200)
    assert page.evaluate("document.querySelector('#plain img').naturalWidth") > 0
    assert page.evaluate("shift") == 0

    page.evaluate("document.querySelector('#plain').style.marginTop = '200px'")
    page.wait_for_timeout(300)
    assert page.evaluate("shift") > 0  # it would have been seen


def test_only_the_large_picture_loads_at_once(signed_in: Page, live_server: LiveServer, people: list[User]) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/", wait_until="networkidle")

    assert page.evaluate("[...document.querySelectorAll('#plain img')].every((img) => img.loading === 'lazy')")
    assert page.evaluate("[...document.querySelectorAll('#hero img')].every((img) => img.loading === 'eager')")


@pytest.mark.chromium
def test_pages_that_only_show_pictures_load_no_script(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    loaded: list[str] = []
    signed_in.on("request", lambda request: loaded.append(request.resource_type))
    signed_in.goto(f"{live_server.url}/show/", wait_until="networkidle")

    assert "stylesheet" in loaded
    assert "script" not in loaded
