"""The picker as a person has it before them."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests import pictures

TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml"}


def file(data: bytes | None = None, name: str = "photo.jpg", mime: str | None = None) -> FilePayload:
    """A file to choose; by default a landscape photo."""
    data = pictures.photo(800, 600) if data is None else data
    extension = name.rsplit(".", 1)[-1].lower()
    return {"name": name, "mimeType": TYPES.get(extension, "") if mime is None else mime, "buffer": data}


class Picker:
    """One `<avatar-field>` of a page."""

    def __init__(self, page: Page, url: str = "", *, within: str = "avatar-field") -> None:
        self.page = page
        self.url = url
        self.root: Locator = page.locator(within).first

    def open(self, path: str) -> Picker:
        """Go to a page of the test project, and wait until the script is there."""
        self.page.goto(self.url + path)
        self.ready()
        return self

    def ready(self) -> None:
        """Wait for the script."""
        expect(self.root.locator(".avatar-field__badge")).to_be_visible()

    @property
    def input(self) -> Locator:
        """The file input."""
        return self.root.locator("input[type=file]")

    @property
    def dialog(self) -> Locator:
        """Where a picture is placed."""
        return self.root.locator("dialog[data-crop-dialog]")

    @property
    def stage(self) -> Locator:
        """The picture in the dialog."""
        return self.root.locator("[data-stage]")

    @property
    def note(self) -> Locator:
        """What the field says of its state."""
        return self.root.locator("[data-note]")

    @property
    def problem(self) -> Locator:
        """What the field says is wrong."""
        return self.root.locator(".avatar-field__error [data-problem]")

    @property
    def trouble(self) -> Locator:
        """What the dialog says went wrong while it saved."""
        return self.root.locator("dialog [data-error] [data-problem]")

    @property
    def live(self) -> Locator:
        """What is read out."""
        return self.root.locator("[data-live]")

    def button(self, name: str) -> Locator:
        """A button of the field or its dialog."""
        return self.root.get_by_role("button", name=name, exact=True).last  # the dialog comes after the field

    def choose(self, *files: FilePayload) -> None:
        """Choose files as in the browser's own dialog."""
        self.input.set_input_files(list(files) or [file()])

    def hold(self) -> None:
        """Let no picture be opened before `release`."""
        self.page.evaluate(
            "() => { const make = createImageBitmap, held = new Promise(go => { window.release = go });"
            " window.createImageBitmap = async (...a) => { await held; return make(...a) } }"
        )

    def release(self) -> None:
        """End what `hold` began."""
        self.page.evaluate("release()")

    def place(self, *files: FilePayload) -> None:
        """Choose, and wait for the dialog."""
        self.choose(*files)
        self.is_placing()

    def is_placing(self) -> None:
        """Wait for the dialog, with the keyboard on the picture."""
        expect(self.dialog).to_be_visible()
        expect(self.stage).to_be_focused()

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        for key in keys:
            self.page.keyboard.press(key)

    def apply(self) -> None:
        """Take the picture as it is placed, in a form that is saved later."""
        self.button("Done").click()
        self.is_ready()

    def save(self) -> None:
        """Save from the dialog, on a page for the picture alone."""
        self.button("Save").click()

    def is_saved(self) -> None:
        """Wait until the picture is saved, and shown."""
        expect(self.note).to_have_text("Picture saved")
        expect(self.dialog).to_have_count(0)

    def is_ready(self) -> None:
        """Wait until the picture waits to be saved."""
        expect(self.dialog).to_be_hidden()
        expect(self.note).to_be_visible()  # a copy of a field has the text before it has the picture
        expect(self.note).to_have_text("Not saved yet")

    def adjust(self) -> None:
        """Place the picture once more."""
        self.button("Adjust").click()
        self.is_placing()

    def view(self) -> dict[str, float]:
        """What will be sent: r, x, y, s."""
        text = self.root.locator("input[type=hidden][name$=-crop]").input_value()
        match = re.fullmatch(r"v1;r=(\d+);x=([\d.]+);y=([\d.]+);s=([\d.]+)", text)
        assert match is not None, text
        return dict(zip("rxys", map(float, match.groups()), strict=True))

    def after(self, *keys: str) -> dict[str, float]:
        """The view that these keys lead to, from the picture as it is placed at first."""
        self.adjust()
        self.press("Home", *keys)
        self.apply()
        return self.view()

    def chosen(self) -> list[dict[str, Any]]:
        """Name, size and type of what the input holds."""
        files: list[dict[str, Any]] = self.input.evaluate(
            "input => [...input.files].map(({name, size, type}) => ({name, size, type}))"
        )
        return files

    def preview(self) -> Image.Image:
        """What the field shows of the picture that is not saved yet."""
        return pixels(self.root.locator("canvas[data-canvas]"))

    def drop(
        self, *files: FilePayload, on: str = "avatar-field", kinds: tuple[str, ...] = ("dragenter", "dragover", "drop")
    ) -> bool:
        """Drag files over an element and drop them there. Whether the page, not the browser, took them."""
        given = [{**one, "buffer": base64.b64encode(one["buffer"]).decode()} for one in files]
        taken: bool = self.page.locator(on).first.evaluate(DRAG, [given, list(kinds)])
        return taken

    def paste(self, *files: FilePayload, text: str = "") -> bool:
        """Paste where the focus is. Whether the page took it."""
        given = [{**one, "buffer": base64.b64encode(one["buffer"]).decode()} for one in files]
        taken: bool = self.page.evaluate(PASTE, [given, text])
        return taken


def pixels(canvas: Locator) -> Image.Image:
    """What is drawn on a canvas."""
    text: str = canvas.evaluate("canvas => canvas.toDataURL()")
    return Image.open(io.BytesIO(base64.b64decode(text.partition(",")[2]))).convert("RGB")


DATA = """
const data = new DataTransfer();
for (const {name, mimeType, buffer} of files) {
  const bytes = Uint8Array.from(atob(buffer), (letter) => letter.charCodeAt(0));
  data.items.add(new File([bytes], name, {type: mimeType}));
}
"""
DRAG = f"""(target, [files, kinds]) => {{
  {DATA}
  if (!files.length) data.setData("text/plain", "words");
  let event;
  for (const kind of kinds) {{
    event = new DragEvent(kind, {{bubbles: true, cancelable: true, composed: true, dataTransfer: data}});
    target.dispatchEvent(event);
  }}
  return event.defaultPrevented;
}}"""
PASTE = f"""([files, text]) => {{
  {DATA}
  if (text) data.setData("text/plain", text);
  const event = new ClipboardEvent("paste", {{bubbles: true, cancelable: true, clipboardData: data}});
  document.activeElement.dispatchEvent(event);
  return event.defaultPrevented;
}}"""
