"""The picker in other people's pages: htmx, Turbo, modals, formsets, twice, required, disabled."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.app.models import Profile, Team
from tests.browser.picker import Picker, file

pytestmark = pytest.mark.browser


# 32


def test_htmx_keeps_the_picture_when_the_form_comes_back_with_errors(picker: Picker, profile: Profile) -> None:
    page = picker.open("/host/htmx/").page
    picker.place()
    picker.press("PageUp")
    picker.apply()
    view = picker.view()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This field is required.")).to_be_visible()

    expect(picker.note).to_have_text("Not saved yet")
    assert len(picker.chosen()) == 1
    assert picker.view() == view
    picker.adjust()
    picker.apply()
    assert picker.view() == view


def test_our_page_lives_in_a_page_of_htmx(picker: Picker, profile: Profile) -> None:
    page = picker.open("/host/embedded/").page
    save = page.get_by_role("button", name="Save picture")
    save.click()
    expect(page.get_by_text("Choose a picture first.")).to_be_visible()

    picker.place()
    picker.apply()
    save.click()
    expect(page.get_by_text("Picture saved.")).to_be_visible()

    assert page.url.endswith("/host/embedded/")
    assert Profile.objects.get().profile_pic


def test_turbo_does_not_bring_back_an_open_dialog(picker: Picker, profile: Profile) -> None:
    page = picker.open("/host/turbo/").page
    picker.place()
    page.evaluate("Turbo.visit('/show/?turbo')")
    page.wait_for_url("**/show/?turbo")
    page.go_back()
    page.wait_for_url("**/host/turbo/")

    picker.ready()
    expect(picker.page.locator("dialog[open]")).to_have_count(0)
    picker.place()


@pytest.mark.chromium  # Firefox empties the inputs of pages that it copies
def test_turbo_brings_back_a_picture_that_waits_with_its_placement(picker: Picker, profile: Profile) -> None:
    page = picker.open("/host/turbo/").page
    picker.place()
    picker.press("PageUp", "]")
    picker.apply()
    view = picker.view()
    page.evaluate("Turbo.visit('/show/?turbo')")
    page.wait_for_url("**/show/?turbo")
    expect(page.locator("#stack")).to_be_visible()  # the address changes before the page does
    page.go_back()
    page.wait_for_url("**/host/turbo/")

    picker.is_ready()
    assert len(picker.chosen()) == 1
    assert picker.view() == view
    expect(page.locator("canvas[data-canvas]")).to_be_visible()
    assert len(picker.preview().getcolors(1_000_000) or []) > 100
    picker.adjust()
    picker.apply()
    assert picker.view() == view


def test_a_field_that_is_moved_keeps_what_was_chosen(picker: Picker) -> None:
    page = picker.open("/form/").page
    picker.place()
    picker.press("PageUp")
    picker.apply()
    view = picker.view()
    page.evaluate("document.querySelector('#elsewhere').before(document.querySelector('avatar-field'))")

    assert len(picker.chosen()) == 1
    assert picker.after("PageUp") == view


def test_a_copy_of_a_field_keeps_the_placement(picker: Picker) -> None:
    page = picker.open("/form/").page
    picker.place()
    picker.press("PageUp", "]", "Shift+ArrowLeft")
    picker.apply()
    view = picker.view()
    files = page.evaluate(
        "() => { const field = document.querySelector('avatar-field'), copy = field.cloneNode(true);"
        " copy.querySelector('[type=file]').files = field.querySelector('[type=file]').files;"
        " field.replaceWith(copy); return copy.querySelector('[type=file]').files.length }"
    )
    assert files <= 1
    picker.is_ready()
    assert len(picker.chosen()) == 1
    assert picker.view() == view
    picker.adjust()
    picker.apply()
    assert picker.view() == view


def test_a_field_that_is_taken_away_lets_go_of_everything(picker: Picker) -> None:
    page = picker.open("/form/").page
    page.evaluate("window.field = document.querySelector('avatar-field'); field.remove()")

    assert not picker.drop(file(), on="#elsewhere")
    page.evaluate("document.querySelector('#elsewhere').before(field)")
    assert picker.drop(file(), on="#elsewhere")


# 33


def test_rows_of_the_admin_can_be_added_and_taken_away(picker: Picker, team: Team) -> None:
    page = picker.page
    page.goto(f"{picker.url}/admin/app/team/{team.pk}/change/")
    empty = page.locator(".empty-form avatar-field")
    expect(empty.locator(".avatar-field__badge")).to_be_hidden()

    for _ in range(2):
        page.locator(".add-row a").click()
    rows = [Picker(page, within=f"#members-{number} avatar-field") for number in (0, 1)]
    rows[1].place(file(name="second.jpg"))
    rows[1].apply()
    rows[0].place(file(name="first.jpg"))
    rows[0].press("PageUp")
    rows[0].apply()

    assert [row.input.get_attribute("name") for row in rows] == ["members-0-photo", "members-1-photo"]
    assert [row.chosen()[0]["name"] for row in rows] == ["first.jpg", "second.jpg"]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(({id}) => id)")
    assert len(ids) == len(set(ids))

    page.locator("#members-0 .inline-deletelink").click()
    left = Picker(page, within="#members-0 avatar-field")
    assert left.chosen()[0]["name"] == "second.jpg"
    left.adjust()
    left.apply()
    page.locator("[name=_save]").click()
    page.wait_for_url("**/admin/app/team/")
    assert team.members.get().photo.sizes == (64,)


def test_the_admin_places_pictures_too(picker: Picker, profile: Profile) -> None:
    page = picker.open(f"/admin/app/profile/{profile.pk}/change/").page
    picker.place()
    picker.press("PageUp")
    picker.apply()
    page.locator("[name=_save]").click()
    page.wait_for_url("**/admin/app/profile/")

    assert Profile.objects.get().profile_pic.width == 400


# 34


@pytest.mark.parametrize(("button", "host"), [("Bootstrap", "#bootstrap"), ("Native", "#host")])
def test_escape_closes_the_picker_and_not_the_modal_around_it(
    signed_in: Page, picker: Picker, profile: Profile, button: str, host: str
) -> None:
    page = signed_in
    page.goto(f"{picker.url}/host/modals/")
    page.get_by_role("button", name=button).click()
    inside = Picker(page, within=f"{host} avatar-field")
    inside.ready()
    inside.place()
    inside.press("ArrowLeft", "Escape")
    expect(inside.dialog).to_be_hidden()
    expect(page.locator(host)).to_be_visible()
    expect(inside.input).to_be_focused()

    inside.place()
    inside.press("Tab", "Tab", "Enter")
    expect(inside.dialog).to_be_hidden()
    inside.is_ready()
    assert page.url.endswith("/host/modals/")
    page.wait_for_timeout(200)
    page.keyboard.press("Escape")
    expect(page.locator(host)).to_be_hidden()


# 40


def test_two_fields_do_not_share_ids(picker: Picker, team: Team) -> None:
    page = picker.open("/teams/").page
    fields = [Picker(page, within=f"avatar-field:has([name={name}])") for name in ("logo", "banner")]
    for field in fields:
        field.place()
        field.press("PageUp")
        field.apply()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(({id}) => id)")

    assert len(ids) == len(set(ids))
    assert "id_logo_crop_title" in ids
    assert fields[0].view() == fields[1].view()


def test_a_drop_goes_to_the_field_it_was_dropped_on(picker: Picker, team: Team) -> None:
    page = picker.open("/teams/").page
    banner = Picker(page, within="avatar-field:has([name=banner])")
    banner.drop(file(), on="avatar-field:has([name=banner])")

    banner.is_placing()
    expect(picker.dialog).to_have_count(0)


def test_a_disabled_field_takes_nothing(picker: Picker, profile: Profile) -> None:
    page = picker.page
    page.goto(f"{picker.url}/form/?disabled")
    expect(picker.input).to_be_disabled()
    picker.drop(file())
    page.wait_for_timeout(100)

    expect(picker.dialog).to_have_count(0)
    expect(picker.root.locator("button:visible")).to_have_count(0)


def test_a_required_field_says_so_at_the_input(picker: Picker, profile: Profile) -> None:
    page = picker.open("/form/?required").page
    page.get_by_role("button", name="Save").click()

    expect(picker.input).to_be_focused()
    assert picker.input.evaluate("input => input.validity.valueMissing")
    assert page.url.endswith("/form/?required")
    box = picker.input.bounding_box()
    assert box is not None
    assert box["width"] == 96  # where the picture is


def test_the_widget_survives_a_paragraph_around_it(picker: Picker, profile: Profile) -> None:
    picker.open("/form/?as=p").place()

    assert picker.dialog.evaluate("dialog => !!dialog.closest('p > avatar-field')")
    picker.apply()


def test_a_field_that_comes_later_works_as_well(picker: Picker, profile: Profile) -> None:
    page = picker.open("/form/").page
    page.evaluate(
        "() => { const field = document.querySelector('avatar-field'); field.replaceWith(field.cloneNode(true)) }"
    )
    picker.place()
    picker.apply()

    assert re.fullmatch("id_profile_pic_crop_title", picker.dialog.get_attribute("aria-labelledby") or "")
