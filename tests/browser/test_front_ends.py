"""
The package of ``<avatar-field>`` in front ends that know the API of the example and nothing else.

The package is built and installed as npm does it; React, Vue and TypeScript are those of `LIBRARIES`.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests import pictures
from tests.browser.picker import Picker, file
from tests.browser.views import LIBRARIES, POLICY
from tests.documents import ROOT, blocks

pytestmark = [pytest.mark.browser, pytest.mark.chromium]

DOCUMENT = "docs/how-to/front-ends.md"
PERSON, PASSWORD = "talent@example.com", "avatars-demo"

MAIN = {
    "react": """
import { createRoot } from "react-dom/client";
import { Picture } from "./Picture.jsx";
createRoot(document.getElementById("app")).render(<Picture />);
""",
    "vue": """
import { createApp } from "vue";
import Picture from "./Picture.vue";
createApp(Picture).mount("#app");
""",
}
"""What starts the components of the document."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A front end with the package as npm packs and installs it, beside which lie the libraries."""
    root = tmp_path_factory.mktemp("npm")
    (root / "node_modules").symlink_to(LIBRARIES)
    ignored = shutil.ignore_patterns("node_modules", "dist")
    shutil.copytree(ROOT / "frontend", root / "frontend", ignore=ignored)
    (root / "src").symlink_to(ROOT / "src")
    done = subprocess.run(["npm", "pack", "--json"], cwd=root / "frontend", check=True, capture_output=True, text=True)
    packed = json.loads(done.stdout[done.stdout.index("[") :])[0]
    assert {one["path"] for one in packed["files"]} == {
        "package.json", "README.md", "index.d.ts",
        "dist/avatar-camera.js", "dist/avatar-field.css", "dist/avatar-field.js",
    }  # fmt: skip
    front_end = root / "app"
    front_end.mkdir()
    (front_end / "package.json").write_text('{"private": true, "type": "module"}')
    package = root / "frontend" / packed["filename"]
    quiet = ["--silent", "--offline", "--no-audit", "--no-fund", "--no-package-lock"]
    subprocess.run(["npm", "install", *quiet, str(package)], cwd=front_end, check=True)
    for block in blocks(DOCUMENT):
        if match := re.match(r"(?://|<!--) ([\w.]+)(?: -->)?\n", block.text):
            (front_end / match[1]).write_text(block.text, encoding="utf-8")
    return front_end


@pytest.fixture(scope="module")
def built(app: Path) -> Path:
    """The folder of the bundles."""
    for name, text in MAIN.items():
        (app / f"{name}.jsx").write_text(text)
    shutil.copy(Path(__file__).with_name("bundle.mjs"), app)
    entries = ["picture.js", *(f"{name}.jsx" for name in MAIN)]
    subprocess.run(["node", "bundle.mjs", *entries], cwd=app, check=True)
    return app / "built"


def token(site: str, person: str = PERSON) -> str:
    """As a front end gets it."""
    body = json.dumps({"username": person, "password": PASSWORD}).encode()
    request = urllib.request.Request(f"{site}/api/token/", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        access: str = json.load(answer)["access"]
        return access


def ask(site: str, method: str = "GET") -> dict[str, object]:
    """What the API says of the picture."""
    request = urllib.request.Request(
        f"{site}/api/avatar/", method=method, headers={"Authorization": f"Bearer {token(site)}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        body = answer.read()
    found: dict[str, object] = json.loads(body)["avatar"] if body else {}
    return found


@pytest.fixture
def element(page: Page, site: str) -> Iterator[Picker]:
    """The element on the page of the example, logged in, without a picture."""
    ask(site, "DELETE")
    page.goto(f"{site}/element/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    picker = Picker(page)
    expect(picker.root.locator(".avatar text")).to_have_text("TR")
    yield picker
    page.goto("about:blank")


def saved(picker: Picker) -> None:
    """Choose a picture, place it, save it."""
    picker.place(file(pictures.photo(600, 600)))
    picker.save()
    expect(picker.note).to_have_text("Picture saved")


# The page of the example


def test_a_picture_is_placed_and_saved_by_the_api(element: Picker, site: str) -> None:
    halves = Image.new("RGB", (800, 400), "#c00000")
    halves.paste("#0000c0", (400, 0, 800, 400))
    element.place(file(pictures.saved(halves), "halves.png"))
    element.press(*["Shift+ArrowLeft"] * 10)  # to the right half
    element.save()

    expect(element.note).to_have_text("Picture saved")
    expect(element.dialog).to_be_hidden()
    expect(element.root.locator("[data-preview] img")).to_be_visible()
    expect(element.page.get_by_text("Everybody sees your new picture.")).to_be_visible()
    address = ask(site)["url"]
    assert isinstance(address, str)
    with urllib.request.urlopen(address, timeout=30) as answer:
        stored = Image.open(io.BytesIO(answer.read())).convert("RGB")
    red, _, blue = stored.getpixel((10, 200))  # type: ignore[misc]
    assert blue > 150 > 100 > red


def test_what_may_be_chosen_is_what_the_api_says(element: Picker) -> None:
    expect(element.root.locator(".avatar-field__limits")).to_contain_text("JPEG, PNG, GIF, BMP, or WebP, up to 5 MB.")
    element.choose(file(b"x" * 10, "notes.txt", "text/plain"))

    expect(element.problem).to_have_text(re.compile(r"notes\.txt.* is not a picture we can use\. Choose a JPEG, "))


def test_what_the_api_refuses_is_said_in_its_words(element: Picker, site: str) -> None:
    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.continue_(post_data=b"", headers={**route.request.headers, "accept-language": "de"})
        else:
            route.continue_()

    element.page.route("**/api/avatar/", refuse)
    element.place()
    element.save()

    expect(element.trouble).not_to_be_empty()
    element.button("Cancel").click()
    expect(element.problem).not_to_be_empty()
    assert ask(site)["url"] is None


def test_a_token_that_has_expired_loses_nothing(element: Picker, site: str) -> None:
    element.page.evaluate("localStorage.setItem('authToken', 'expired')")
    element.place()
    element.save()
    expect(element.trouble).to_have_text("Your session has ended. Sign in again, then retry.")
    element.button("Cancel").click()
    element.page.get_by_label("Password").fill(PASSWORD)
    element.page.get_by_role("button", name="Log in").click()
    expect(element.page.get_by_label("Password")).to_be_hidden()
    element.root.get_by_role("button", name="Try again").click()

    expect(element.note).to_have_text("Picture saved")
    assert ask(site)["url"] is not None


def test_a_picture_is_removed_once_one_has_saved_that(element: Picker, site: str) -> None:
    saved(element)
    element.root.get_by_label("Remove current picture").check()
    expect(element.note).to_have_text("Will be removed when you save")
    element.root.get_by_role("button", name="Undo").click()
    assert ask(site)["url"] is not None

    element.root.get_by_label("Remove current picture").check()
    element.root.get_by_role("button", name="Save").click()

    expect(element.page.get_by_text("Picture removed.")).to_be_visible()
    expect(element.root.locator(".avatar text")).to_have_text("TR")
    expect(element.root.get_by_label("Remove current picture")).to_be_hidden()
    assert ask(site)["url"] is None


def test_a_picture_can_be_adjusted_after_it_was_saved(element: Picker, site: str) -> None:
    saved(element)
    first = ask(site)["url"]
    element.adjust()
    element.press("]")
    element.save()

    expect(element.dialog).to_be_hidden()
    expect(element.note).to_have_text("Picture saved")
    assert ask(site)["url"] != first


# In other front ends


def open_bundle(page: Page, site: str, built: Path, name: str, *, person: str = PERSON) -> Picker:
    """A page under the strictest policy that has this bundle, and a token."""
    ask(site, "DELETE")
    has_style = (built / f"{name}.css").exists()
    style = f'<link rel="stylesheet" href="{name}.css">' if has_style else ""
    html = (
        f'<!doctype html><html lang="en"><title>App</title>{style}'
        f'<div id="app"></div><script type="module" src="{name}.js"></script>'
    )
    page.route(
        "**/app/",
        lambda route: route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": POLICY}),
    )
    page.route(f"**/app/{name}.*", lambda route: route.fulfill(path=built / route.request.url.rpartition("/")[2]))
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.add_init_script(f"localStorage.authToken = '{token(site, person)}'")
    page.goto(f"{site}/app/")
    return Picker(page)


@pytest.mark.parametrize("name", MAIN)
def test_the_component_of_the_document_works(page: Page, site: str, built: Path, name: str) -> None:
    picker = open_bundle(page, site, built, name)
    expect(picker.root.locator(".avatar text")).to_have_text("TR")
    saved(picker)
    expect(page.locator("section > p")).to_have_text("Saved")
    assert ask(site)["url"] is not None

    picker.choose(file(b"", "empty.jpg"))
    expect(page.locator("section > p")).to_contain_text("empty.jpg")
    picker.root.get_by_label("Remove current picture").check()
    picker.root.get_by_role("button", name="Save").click()
    expect(page.locator("section > p")).to_have_text("Removed")
    assert ask(site)["url"] is None


def test_the_script_of_the_document_works(page: Page, site: str, built: Path) -> None:
    (built / "picture.css").write_text("")
    picker = open_bundle(page, site, built, "picture")
    saved(picker)

    expect(page).to_have_title("Tala Reyes has a picture")


def test_without_an_endpoint_it_is_a_part_of_the_form_around_it(page: Page, site: str, built: Path) -> None:
    open_bundle(page, site, built, "picture")
    page.evaluate("""() => {
      document.body.replaceChildren(Object.assign(document.createElement("form"), { id: "form" }));
      const field = document.createElement("avatar-field");
      for (const [name, value] of Object.entries({ name: "picture", initials: "TR", "max-bytes": 5e6 }))
        field.setAttribute(name, value);
      field.messages = { "Done": "Fertig", "Not saved yet": "Noch nicht gespeichert" };
      form.append(field);
      form.addEventListener("avatar-change", ({ detail }) => { window.said = [detail.file.name, detail.crop]; });
    }""")
    picker = Picker(page)
    picker.place(file(pictures.photo(600, 600)))
    picker.button("Fertig").click()
    expect(picker.note).to_have_text("Noch nicht gespeichert")

    name, crop, said = page.evaluate(
        "() => { const data = new FormData(form); return [data.get('picture').name, data.get('picture-crop'), said] }"
    )
    assert [name, crop] == said == ["photo.jpg", "v1;r=0;x=0;y=0;s=1"]


def test_a_picture_that_somebody_has_to_approve_is_said_to_wait(page: Page, site: str, built: Path) -> None:
    picker = open_bundle(page, site, built, "picture", person="kshitij")
    page.evaluate("addEventListener('avatar-change', ({ detail }) => { window.waits = detail.isWaiting; })")
    picker.place(file(pictures.photo(600, 600)))
    picker.save()

    expect(picker.note).to_have_text("Your new picture is shown once somebody has approved it.")
    expect(picker.root.locator(".avatar svg text")).to_be_visible()
    assert page.evaluate("window.waits") is True


@pytest.mark.parametrize("endpoint", ["/api/avatar/", "/api/ninja/avatar"])
def test_each_api_says_why_it_refuses_a_file_and_takes_the_next(
    page: Page, site: str, built: Path, endpoint: str
) -> None:
    picker = open_bundle(page, site, built, "picture")
    page.evaluate("address => document.querySelector('avatar-field').setAttribute('endpoint', address)", endpoint)
    picker.place(file(pictures.photo(3000, 10)))
    picker.save()
    reason = "This picture is too narrow (3,000 × 10 pixels). Choose one that is closer to a square."
    expect(picker.trouble).to_have_text(re.compile(f"^{re.escape(reason)}$".replace("3,000", "3,?000")))
    picker.button("Cancel").click()

    saved(picker)
    assert ask(site)["url"] is not None


def test_a_photo_is_taken_where_the_camera_of_the_package_is(page: Page, site: str, built: Path) -> None:
    [camera] = built.parent.glob("node_modules/**/dist/avatar-camera.js")
    page.route("**/app/avatar-camera.js", lambda route: route.fulfill(path=camera))
    page.context.grant_permissions(["camera"])
    picker = open_bundle(page, site, built, "picture")
    picker.ready()
    # As an attribute in markup: what is in the element is made once.
    page.evaluate("""() => {
      const old = document.querySelector("avatar-field");
      const field = document.createElement("avatar-field");
      field.setAttribute("endpoint", old.getAttribute("endpoint"));
      field.setAttribute("camera", new URL("avatar-camera.js", location));
      field.headers = old.headers;
      old.replaceWith(field);
    }""")
    picker.button("Take a photo").click()
    picker.button("Take photo").click()
    picker.is_placing()
    picker.save()

    expect(picker.note).to_have_text("Picture saved")
    assert ask(site)["url"] is not None


def test_another_picture_and_other_words_are_shown_at_once(page: Page, site: str, built: Path) -> None:
    picker = open_bundle(page, site, built, "picture")
    picker.ready()
    page.evaluate("""() => {
      const field = document.querySelector("avatar-field");
      field.messages = { "Choose a picture": "Bild wählen" };
      field.className = "mine";
      field.setAttribute("src", "/static/example/logo.svg");
      field.setAttribute("shape", "square");
    }""")

    expect(picker.root.get_by_text("Bild wählen")).to_have_count(1)
    expect(picker.root).to_have_class("mine avatar-field avatar-field--alone")


def test_the_types_of_the_package_hold(app: Path) -> None:
    options = [
        "--noEmit",
        "--strict",
        "--target",
        "es2022",
        "--module",
        "nodenext",
        "--lib",
        "dom,es2022",
        "--skipLibCheck",
    ]
    command = ["node", str(LIBRARIES / "typescript" / "bin" / "tsc"), *options]
    (app / "wrong.ts").write_text('import "django-avatars";\ndocument.createElement("avatar-field").headers = 7;\n')

    right = subprocess.run([*command, "check.ts"], cwd=app, capture_output=True, text=True, check=False)
    wrong = subprocess.run([*command, "wrong.ts"], cwd=app, capture_output=True, text=True, check=False)

    assert (right.returncode, right.stdout) == (0, "")
    assert "TS2322" in wrong.stdout
