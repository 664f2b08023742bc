"""
Choosing a picture in a form: `AvatarFormField` checks it, `AvatarInput` shows the one there is.

Everything works without JavaScript: a file input, and a box to remove what is there. The script
``avatar-field.js`` makes it pleasant: drop, paste, place the picture; it sends the crop as a hidden
text and creates no text of its own. Nothing here loads Pillow until a picture is processed.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Protocol

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.forms.renderers import TemplatesSetting
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from . import conf, naming, policy
from .conf import get_settings
from .exceptions import WAITING, InvalidImage, formats_text
from .imaging.formats import available
from .imaging.rejected import readable_bytes
from .imaging.spec import Crop
from .lifecycle import files
from .lifecycle.files import AvatarFieldFile
from .lifecycle.references import is_avatar

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from .conf import Limits
    from .imaging.spec import Picture

MAX_EDGE = files.SOURCE_EDGE
"""The script shrinks a longer side to this many pixels before the upload, in browsers that do so reliably."""

SHARP_EDGE = 256
"""The script warns if the frame holds fewer pixels than this a side, or than the largest rendition if that is less."""

SOURCE_NAME = "picture"
"""The file name under which the script sends back the source that `KEEP_SOURCE` keeps."""

TEXTS = {
    "opening": _("Opening picture…"),
    "ready": _("Picture ready. Save to keep it."),
    "unsaved": _("Not saved yet"),
    "unseen": _("This browser cannot show this file. It will be cropped for you."),
    "will_remove": _("Will be removed when you save"),
    "saved": _("Picture saved"),
    "waiting": WAITING,
    "uploading": _("Uploading"),
    "cancelled": _("Upload cancelled."),
    "over": _("Over drop area"),
    "left": _("Left drop area"),
    "percent": _("{percent} percent"),
    "position": _("Zoom {percent} percent, rotated {degrees} degrees, {x} percent across, {y} percent down"),
    "empty": _("{name} is empty. Choose another picture."),
    "not_an_image": _("{name} is not a picture we can use. Choose a {formats} file."),
    "unsupported_format": _("SVG files are not accepted. Choose a {formats} file."),
    "truncated": _("{name} could not be opened. It may be damaged. Try another picture."),
    "too_small": _("This picture is {w} × {h} pixels. It must be at least {min} × {min}."),
    "too_large": _("This picture is {size}. The limit is {max}."),
    "too_large_sent": _("This picture is too large for the server ({size}). Choose a smaller one."),
    "too_many": _("Choose one picture at a time."),
    "too_many_pixels": _("This picture is too large to process ({mp} megapixels)."),
    "not_readable": _(
        "{name} is a HEIC or AVIF photo, which is not accepted here. Save it as JPEG and choose that. "
        "On an iPhone: Settings, Camera, Formats, Most Compatible."
    ),
    "network": _("The upload did not finish. Check your connection and try again."),
    "server": _("The server is busy or out of order. Your picture is fine: wait a moment and try again."),
    "signed_out": _("Your session has ended. Sign in again, then retry."),
    "too_often": _("Too many uploads in a short time. Wait a moment, then try again."),
    "camera": _("Camera access is blocked. Allow it in the browser, or choose a file."),
    "no_camera": _("No camera was found. Choose a file instead."),
}
"""Every text that the script shows, with placeholders. Errors have the codes of `InvalidImage`, where it has one."""


class PictureField(Protocol):
    """What a form field and its widget need of an AvatarField, which stands above them."""

    @property
    def unique(self) -> bool:
        """Whether no two rows may name the same picture."""

    def option(self, name: str) -> Any:
        """The value of an option of the field, else of the setting."""

    def limits(self) -> Limits:
        """What may be uploaded."""

    def process(self, file: File[Any], *, name: str | None = None) -> Picture:
        """The renditions of an upload. Raises `InvalidImage`."""


class AvatarInput(forms.ClearableFileInput):
    """
    The current picture, a file input, and a checkbox that removes the picture. A script adds cropping and a preview.

    Sends `name` (the file), ``name-crop`` (see `django_avatars.imaging.spec.Crop`) and ``name-clear``. A file takes
    precedence over the checkbox. A malformed crop is no error: the picture is cropped as it is without one.
    """

    template_name = "django_avatars/forms/avatar_input.html"
    use_fieldset = True
    clear_checkbox_label: str = _("Remove current picture")  # type: ignore[assignment]  # translated late
    clearable = True
    """Whether to show the checkbox. It is never shown without a picture, or if the field is required."""
    preview_size = 96
    """Side of the picture shown, in pixels."""
    choose_label: Any = None
    """What the label of the file input says instead of "Choose a picture"."""
    target: Any = None
    """Whose picture or initials are shown if the form has no initial picture, such as a user without a profile."""
    source_url: str | None = None
    """URL of the uncropped source that `KEEP_SOURCE` keeps, for a new crop: that of `avatars:source`."""
    upload = False
    """Whether the script sends the form itself, with progress: for a page that has the picture alone."""
    picture_field: PictureField | None = None
    """The field whose limits are shown. The form field sets it."""
    refusals: policy.Refusals | None = None
    """Why who acts may not "set" or "remove" the picture, which is then not offered. None: the policy is asked."""

    class Media:
        css: dict[str, tuple[str, str]] = {"all": ("django_avatars/avatars.css", "django_avatars/avatars-field.css")}  # noqa: RUF012 - Django's way
        js: tuple[forms.Script, ...] = (forms.Script("django_avatars/avatar-field.js", type="module"),)

    def is_initial(self, value: Any) -> bool:
        """Whether `value` is a picture of one's own, not the field's default; asks the storage nothing."""
        return bool(value) and is_avatar(getattr(value, "field", None)) and value.field.is_own(value.name)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """As the base, with the crop, the preview and the limits, and without ``checked`` on the file input."""
        context = super().get_context(name, value, attrs)
        widget, refusals = context["widget"], _refusals(value) if self.refusals is None else self.refusals
        del widget["attrs"]["checked"]
        widget |= {
            "crop_name": crop_name(name),
            "is_clearable": self.clearable and widget["is_initial"] and not self.is_required and not refusals["remove"],
            "is_disabled": widget["attrs"].get("disabled", False),
            "checked": self.checked,
            "picture": self._shown(value),
            "preview_size": self.preview_size,
            "limits_id": limits_id(widget["attrs"].get("id")),
            "problem_id": problem_id(widget["attrs"].get("id")),
            "choose_label": self.choose_label,
            "upload": self.upload,
            "login": _login_url() if self.upload else None,
            "source": self.source_url if _has_source(value) else None,
            **self._for_script(),
        }
        if self.picture_field is not None:
            widget["attrs"].setdefault("accept", accept(self.picture_field))
            widget |= {"limits": self.picture_field.limits(), "limits_text": limits_text(self.picture_field)}
        if refusals["set"]:
            is_said = widget["attrs"].get("aria-invalid") == "true"  # the error beside the field has the reason
            said = "" if is_said else _refused(refusals["set"])
            widget["attrs"] |= {"disabled": True, "hidden": True}  # the script looks for the input
            widget |= {"is_refused": True, "limits_text": said}
        return context

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """As the base, by way of ``TEMPLATES``, so that a project can override the template like any other."""
        return super().render(name, value, attrs, TemplatesSetting())

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The file, with its crop; else False to remove the picture, or None for no change."""
        file = files.get(name)
        value = super().value_from_datadict(data, MultiValueDict(), name)
        if not file:
            return value
        crop = data.get(crop_name(name))
        file.avatar_crop = Crop.parse(crop) if crop else None
        return file

    def _for_script(self) -> dict[str, Any]:
        own, field = get_settings(), self.picture_field
        sizes = field.option("sizes") if field else own.sizes
        formats = formats_text(field.limits()["formats"] if field else available(own.input_formats))
        return {
            "camera": own.camera,
            "client_crop": own.client_crop,
            "focus": _focus_url(),
            "max_edge": max(MAX_EDGE, *sizes),
            "full_edge": max(sizes),
            "background": own.background,
            "sharp_edge": min(SHARP_EDGE, max(sizes)),
            "max_pixels": max(own.max_pixels.values()),
            "texts": json.dumps({name: text.replace("{formats}", formats) for name, text in TEXTS.items()}),
        }

    def _shown(self, value: Any) -> Any:
        is_of_a_row = is_avatar(getattr(value, "field", None)) and value.instance.pk is not None
        return value if is_of_a_row else self.target


class AdminAvatarInput(AvatarInput):
    """`AvatarInput` for Django's admin, in its colors, light and dark."""

    preview_size = 64

    class Media:
        # All of them, in one list: in lists of their own, Django may put ours before those it changes.
        css: dict[str, tuple[str, str, str]] = {  # noqa: RUF012 - Django's way
            "all": (
                "django_avatars/avatars.css",
                "django_avatars/avatars-field.css",
                "django_avatars/avatars-admin.css",
            )
        }


class AvatarBoundField(forms.BoundField):
    """A bound field with ``aria-describedby`` on the file input only, since screen readers would read it twice."""

    @property
    def aria_describedby(self) -> str | None:
        """None for our widget, so that its fieldset has no description; for any other widget, as the base."""
        return None if isinstance(self.field.widget, AvatarInput) else super().aria_describedby

    def build_widget_attrs(self, attrs: Any, widget: Any = None) -> dict[str, Any]:
        """As the base, with the help text, the errors and the limits as description, unless the host gave another."""
        built: dict[str, Any] = super().build_widget_attrs(attrs, widget)
        described = super().aria_describedby
        if described is not None and self.auto_id and isinstance(widget or self.field.widget, AvatarInput):
            ids = f"{described} {limits_id(self.auto_id)} {problem_id(self.auto_id)}"
            built.setdefault("aria-describedby", ids.lstrip())
        return built


class AvatarFormField(forms.FileField):
    """
    A file field that takes pictures only, and gives the uploaded file with its renditions made.

    Args:
        picture_field: The AvatarField whose limits, formats and sizes hold. Without one, ``AVATARS`` does.
        error_messages: Texts by code; those of the picture field and of `exceptions.INVALID_IMAGE` otherwise.

    A form field from a model's AvatarField has its picture field set. Errors have the codes of
    `InvalidImage`. What was made here is not made again when the file is saved in that field.

    """

    widget = AvatarInput
    bound_field_class: type[AvatarBoundField] = AvatarBoundField

    def __init__(
        self,
        *,
        picture_field: PictureField | None = None,
        error_messages: dict[str, Any] | None = None,
        max_length: int | None = None,  # passed by Django and ignored: the client's file name is never stored
        allow_empty_file: bool = True,  # Django's too, and ignored: an empty file is refused with a code of ours
        **kwargs: Any,
    ) -> None:
        self.picture_field: PictureField = picture_field or files.standalone()
        self.own_messages: dict[str, Any] = error_messages or {}
        super().__init__(error_messages=error_messages, allow_empty_file=True, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """The ``accept`` attribute. `AvatarInput` adds it when it is rendered, so that it follows the settings."""
        if isinstance(widget, AvatarInput):
            widget.picture_field = self.picture_field
            return {}
        is_said = "accept" in widget.attrs or not isinstance(widget, forms.FileInput)
        return {} if is_said else {"accept": accept(self.picture_field)}

    def clean(self, data: Any, initial: Any = None) -> Any:
        """
        As the base. The kept source of the current picture is accepted too, for another crop.

        Of a disabled field nothing is sent: what there is stays, and is not examined as an upload would be.

        Raises `NotAllowed` where the policy does not let the picture be removed; Django calls no validator for that.
        """
        if self.disabled and initial:  # Django gives it as `data`, too
            return initial
        # Django's own widget says with an object of its own that there are both a file and a check mark.
        if isinstance(data, File) and isinstance(initial, AvatarFieldFile) and self._may_be_source(data):
            data.avatar_is_source = initial.is_source(data)  # type: ignore[attr-defined]  # read by the field
        if data is False and initial and isinstance(initial, AvatarFieldFile):
            policy.ask(initial.instance, initial.field, "remove")
        return super().clean(data, initial)

    def to_python(self, data: Any) -> File[Any] | None:
        """The file, once its renditions could be made. Raises `InvalidImage`."""
        file = super().to_python(data)
        if file is None:
            return None
        try:
            self.picture_field.process(file)
        except InvalidImage as exc:
            if exc.code not in self.own_messages:
                raise
            raise InvalidImage(self.own_messages[exc.code], code=exc.code, params=exc.params) from exc
        return file

    def _may_be_source(self, file: File[Any]) -> bool:
        # A source is WebP. If WebP is accepted anyway, the storage need not be asked whether this is a source.
        if file.name != SOURCE_NAME:
            return False
        limits = self.picture_field.limits()
        return (file.size or 0) <= limits["max_bytes"] and "WEBP" not in limits["formats"]


class AvatarForm(forms.Form):
    """The form of `avatars:edit`, which takes a new picture. A subclass may use another input name and widget."""

    file_field = "avatar"
    """Name of the file input."""
    widget: type[AvatarInput] = AvatarInput
    """The widget. Its checkbox is left out, since the page links to `avatars:remove`, which asks first."""

    def __init__(self, *args: Any, picture_field: PictureField, target: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = AvatarFormField(
            picture_field=picture_field, required=False, label=_("Profile picture"), widget=self.widget
        )
        field.widget.target = target
        field.widget.clearable = False
        field.widget.preview_size = 192
        field.widget.upload = True
        field.widget.source_url = _source_url()
        self.fields[self.file_field] = field

    def clean(self) -> None:
        """Add an error if the form was sent without a picture."""
        if not self.errors and self.file_field not in self.files and not self.has_changed():
            self.add_error(self.file_field, ValidationError(_("Choose a picture first."), code="required"))


def avatar_widget(given: Any) -> Any:
    """`AdminAvatarInput` in place of the admin's own file widget, and `given` in any other case."""
    loaded = sys.modules.get("django.contrib.admin.widgets")  # without an admin, nobody asks for a widget of one
    kind = given if isinstance(given, type) else type(given)
    return AdminAvatarInput if loaded is not None and issubclass(kind, loaded.AdminFileWidget) else given


def _refused(reason: str) -> str:
    """What is shown in place of the limits to who may not change the picture."""
    plain = str(policy.NOT_ALLOWED)
    return reason if reason.startswith(plain) else f"{plain} {reason}"


def _refusals(value: Any) -> policy.Refusals:
    """What the policy says of the row with this picture; nothing of a row that is not saved, and may lack its owner."""
    if not isinstance(value, AvatarFieldFile) or value.instance._state.adding:
        return policy.ALLOWED
    return policy.refusals(value.instance, value.field)


def _has_source(value: Any) -> bool:
    parsed = naming.parse(getattr(value, "stored_name", ""))
    return parsed is not None and parsed.has_source


def _source_url() -> str | None:
    try:
        return reverse("avatars:source")
    except NoReverseMatch:  # a project may have pages of its own only
        return None


def _focus_url() -> str | None:
    """Where the script asks for the focus of a new picture; None where the default is known to it."""
    own = get_settings()
    if own.focus == conf.DEFAULT_FOCUS or own.client_crop:  # with CLIENT_CROP only the square leaves the device
        return None
    try:
        return reverse("avatars:focus")
    except NoReverseMatch:
        return None


def _login_url() -> str | None:
    try:
        return resolve_url(settings.LOGIN_URL)
    except NoReverseMatch:
        return None


def accept(field: PictureField) -> str:
    """The value of ``accept=`` for an upload to this field."""
    return ",".join(field.limits()["content_types"])


def crop_name(name: str) -> str:
    """Name of the input that carries the crop of the file input `name`."""
    return f"{name}-crop"


def limits_id(id_: str | None) -> str | None:
    """The id of the text that tells the limits of the file input with this id."""
    return f"{id_}_limits" if id_ else None


def problem_id(id_: str | None) -> str | None:
    """The id of the text in which the script says what is wrong with a file for the input with this id."""
    return f"{id_}_problem" if id_ else None


def limits_text(field: PictureField) -> str:
    """What may be chosen, for people: "JPEG, PNG, WebP or GIF, up to 10 MB."."""
    limits = field.limits()
    given = {
        "formats": formats_text(limits["formats"]),
        "max": readable_bytes(limits["max_bytes"]),
        "min": limits["min_size"],
    }
    if limits["min_size"] > 1:
        return _("%(formats)s, up to %(max)s, at least %(min)s × %(min)s pixels.") % given
    return _("%(formats)s, up to %(max)s.") % given
