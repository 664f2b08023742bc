"""
What the edit page offers beside an upload: ready pictures, letters of one's own on a color, pictures from elsewhere.

Each source is a function of the request, of what gives addresses, and of where to go afterwards that returns a section
of the page, as safe HTML, "" where it has nothing to offer. Apps add theirs with the signal `avatar_page`. All work
without scripts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import gallery, targets
from .conf import get_settings
from .providers import Initials, drawing, names
from .uploads import throttling

Address = Callable[..., str]
"""Gives the address of a named page, within the namespace of the request."""

SWATCH = 48
"""Side of the pictures to choose from, in CSS pixels."""


def ready_pictures(request: Any, address: Address, next: str) -> str:
    """The pictures of ``AVATARS["GALLERY"]``: a click makes one of them one's own."""
    pictures = [(one, address("avatars:ready", one.key)) for one in gallery.pictures()]
    return _section(request, "ready_pictures", next=next, pictures=pictures) if pictures else ""


def letters(request: Any, address: Address, next: str) -> str:
    """One's initials, or other letters, on each color there is."""
    if not get_settings().letters:
        return ""
    form = LettersForm(user=request.user)
    return _section(request, "letters", next=next, letters_form=form, url=address("avatars:letters"))


def connected_pictures(request: Any, address: Address, next: str) -> str:
    """The pictures that one may have at other services: a click has one of them fetched. Nothing is fetched before."""
    if not get_settings().connected:
        return ""
    from . import connected  # needs httpx, which is optional

    pictures = [(one, address("avatars:connected", one.key)) for one in connected.pictures(request.user)]
    return _section(request, "connected_pictures", next=next, pictures=pictures) if pictures else ""


def _section(request: Any, name: str, **context: Any) -> str:
    return render_to_string(f"django_avatars/{name}.html", context, request)


SOURCES: tuple[Callable[[Any, Address, str], str], ...] = (ready_pictures, letters, connected_pictures)
"""The sections of the edit page, in their order."""


def sections(request: Any, address: Address, next: str) -> list[str]:
    """The sections that have something to offer; a project that did not include our URLs has none of them."""
    try:
        return [html for source in SOURCES if (html := source(request, address, next))]
    except NoReverseMatch:
        return []


class LettersForm(forms.Form):
    """Letters and a color, of which `picture` makes a file."""

    letters: forms.CharField = forms.CharField(
        label=_("Letters"), max_length=32, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    color: forms.ChoiceField = forms.ChoiceField(label=_("Color"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        target = targets.target_of(user)
        colors = get_settings().colors
        own = names.initials(names.display_name(target.person), language=get_language())
        self.own_color = drawing.color(target.key, colors)
        """What initials stand on; chosen beforehand only where they are what is shown."""
        self.initial: dict[str, Any] = {"letters": own, "color": "" if target.stored_name else self.own_color}
        self.fields["color"].choices = [(color, color) for color in colors]  # type: ignore[attr-defined]  # of a ChoiceField
        self.swatches: list[tuple[str, SafeString]] = [
            (color, mark_safe(drawing.initials_svg(own, color, SWATCH)))  # noqa: S308 - it escapes
            for color in colors
        ]
        """Each color, and one's own initials on it."""

    def clean_color(self) -> str:
        """The color, or that of the initials where none was chosen."""
        return self.cleaned_data["color"] or self.own_color

    def clean_letters(self) -> str:
        """The first two letters, if some font here has them."""
        from .providers import fonts  # Pillow is loaded when letters are chosen: the page needs none

        given: str = self.cleaned_data["letters"]
        first = names.first_cluster(given)
        found = first + names.first_cluster(given[len(first) :].lstrip() or " ").strip()
        with throttling.counted(picture=0):
            if not fonts.lettering(found, get_settings().fonts).letters:
                raise ValidationError(_("These letters cannot be drawn. Choose others."), code="unknown_letters")
        return found

    def picture(self) -> ContentFile[bytes]:
        """The picture, as large as pictures are stored, or as they must be."""
        field = targets.user_field().field
        side = max(*field.option("sizes"), field.option("min_size"))
        drawn = Initials(self.cleaned_data["letters"], self.cleaned_data["color"]).raster(side, "webp")
        file = ContentFile(drawn, "letters.webp")
        file.avatar_is_source = True  # type: ignore[attr-defined]  # made here, whatever people may upload
        return file
