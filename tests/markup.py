"""
The markup of the picker for front ends without Django's templates, made of those templates: `frontend/markup.js`.

`python -m tests.markup` writes it, and `tests.test_frontend` compares.
"""

from __future__ import annotations

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "frontend" / "markup.js"

HEADER = "/* Made of the templates in django_avatars/forms by `tox run -e assets`: [tag, attributes, …children]. */\n"

VOID = {"input", "path", "circle"}
"""What is never closed."""

MORE = {
    "limits": "%(formats)s, up to %(max)s.",
    "limits_min": "%(formats)s, up to %(max)s, at least %(min)s × %(min)s pixels.",
}
"""What `django_avatars.forms.limits_text` says."""


class Tree(HTMLParser):
    """Markup as lists; what lies between elements is one space at most."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root: list[Any] = ["", {}]
        self._open = [self.root]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element. The parser folds names, and SVG knows one that has a capital."""
        node = [tag, {"viewBox" if name == "viewbox" else name: value or "" for name, value in attrs}]
        self._open[-1].append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without children."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Keep a text; lines of the template are none."""
        if data.strip() or "\n" not in data:
            self._open[-1].append(re.sub(r"\s+", " ", data))


def _without_avatar(node: Any) -> Any:
    """Who is shown is known in the browser only."""
    if isinstance(node, str):
        return node
    tag, attrs, *children = node
    left = [child for child in children if isinstance(child, str) or child[1].get("class") != "avatar"]
    return [tag, attrs, *map(_without_avatar, left)]


def rendered(*, upload: bool) -> list[Any]:
    """The children of ``<avatar-field>``, with everything that a widget can have."""
    from django.forms.renderers import TemplatesSetting

    from django_avatars.forms import AvatarInput

    widget = AvatarInput()
    widget.upload = upload
    context = widget.get_context("{name}", None, {"id": "{id}"})
    context["widget"] |= {
        "is_clearable": True,
        "camera": True,
        "login": "{login}",
        "limits_text": "{limits}",
        "choose_label": None,
    }
    html = TemplatesSetting().render(widget.template_name, context)
    (field,) = (node for node in Tree(html).root[2:] if node[0] == "avatar-field")
    return [_without_avatar(child) for child in field[2:]]


def text() -> str:
    """What the file holds."""
    from django.utils import translation

    from django_avatars.forms import TEXTS

    with translation.override("en"):
        says = {name: re.sub(r"%\((\w+)\)s", r"{\1}", str(said)) for name, said in {**TEXTS, **MORE}.items()}
        values = {"inForm": rendered(upload=False), "alone": rendered(upload=True), "texts": says}
    lines = (f"export const {name} = {json.dumps(value, ensure_ascii=False)};\n" for name, value in values.items())
    return HEADER + "".join(lines)


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    FILE.write_text(text(), encoding="utf-8")
