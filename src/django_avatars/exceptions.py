"""What can go wrong, by name: a picture that cannot be used, a storage that does not answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

INVALID_IMAGE = {
    "empty": _("This file is empty. Choose another picture."),
    "too_large": _("This picture is %(size)s. The limit is %(max)s."),
    "not_an_image": _("This file is not a picture we can use. Choose a %(formats)s file."),
    "unsupported_format": _("%(given)s files are not accepted. Choose a %(formats)s file."),
    "extension_not_allowed": _("Files with this ending are not accepted. Choose a %(formats)s file."),
    "truncated": _("This picture is damaged or incomplete. Try another one."),
    "too_many_pixels": _(
        "This picture is too large to process (%(megapixels)s megapixels). The limit is %(max)s megapixels."
    ),
    "too_many_frames": _("This animation has too many frames. Choose a still picture."),
    "too_complex": _(
        "This picture is stored in a way that takes too long to open. Save it again as a plain JPEG or PNG."
    ),
    "bad_proportions": _(
        "This picture is too narrow (%(width)s × %(height)s pixels). Choose one that is closer to a square."
    ),
    "too_small": _("This picture is %(width)s × %(height)s pixels. It must be at least %(min)s × %(min)s."),
}
"""What a visitor reads, by code, with the parameters that `django_avatars.imaging.Rejected` gives for that code."""

FETCH_REFUSED = {
    "fetch_not_allowed": _("Pictures are not taken from this address."),
    "fetch_failed": _("This address gave no picture. Try again in a moment, or upload the picture."),
    "too_large": _("The picture at this address is too large. The limit is %(max)s."),
}
"""What a visitor reads, by the codes of `FetchRefused`. None says what is behind the address."""

IN_WORDS = {"listing": _("%(first)s, %(second)s"), "choice": _("%(first)s or %(second)s")}
"""How the language of the visitor lists formats: for `django_avatars.imaging.formats.format_names`."""

RATE_LIMITED = ngettext_lazy(
    "You have changed your picture very often. Try again in %(seconds)s second.",
    "You have changed your picture very often. Try again in %(seconds)s seconds.",
    "seconds",
)
UNAVAILABLE = _("The place where pictures are kept did not answer. Nothing has changed. Try again in a moment.")
"""What a visitor reads whose picture was fine."""

BUSY = _("Many pictures are being processed right now. Nothing has changed. Try again in a moment.")
"""What a visitor reads whose picture has to wait."""


WAITING = _("Your new picture is shown once somebody has approved it.")
"""What a visitor reads whose picture is kept, and not shown yet."""


def formats_text(formats: Iterable[str]) -> str:
    """`formats` as the visitor's language lists them: "JPEG, PNG, WebP oder GIF"."""
    from .imaging.formats import format_names  # start-up loads nothing of imaging

    return format_names(formats, **{name: str(pattern) for name, pattern in IN_WORDS.items()})


class InvalidImage(ValidationError):
    """
    The given file is not a picture that can be used. Nothing has been written.

    ``code`` is one of the keys of `INVALID_IMAGE` and is the same
    on `save()`, in forms, in the admin and in APIs.
    """

    code: str

    def __repr__(self) -> str:
        return f"InvalidImage({str(self.message)!r}, code={self.code!r})"


class FetchRefused(ValidationError):
    """
    `django_avatars.fetch.fetch` brought no file from this address. Nothing has been written.

    ``code`` is one of the keys of `FETCH_REFUSED`. Neither the message nor the code says what was found in a network
    that the public does not reach.
    """

    code: str

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(FETCH_REFUSED[code], code=code, params=params)


class Busy(Exception):
    """
    Too many pictures are being decoded in this process: the wait for memory took too long.

    The picture may be fine; nothing was decoded and nothing has been written. Views answer 503, with
    ``retry_after``, in whole seconds, as the header of that name. See ``AVATARS["MEMORY"]``.
    """

    code = "busy"

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return str(BUSY)


class NotAllowed(ValidationError, PermissionDenied):
    """
    ``AVATARS["POLICY"]`` does not let this user change this picture; the message is its reason.

    In a form and in ``full_clean()`` it is an error beside the field. Where nothing catches it, Django answers 403.
    """

    code: str

    def __init__(self, reason: Any, code: str = "not_allowed") -> None:
        super().__init__(reason, code)
        self.args = (reason, code)  # of these REST framework makes its own PermissionDenied, which takes two


class StorageUnavailable(Exception):
    """
    The storage failed, or did not answer, while a picture was written. The row is unchanged.

    Not a `ValidationError`: the picture was fine, and trying again may work. Views answer 503.
    """

    code = "storage_unavailable"


class StorageRenames(StorageUnavailable, ImproperlyConfigured):
    """
    The storage stored a picture under another name than it was asked for.

    Names say which renditions exist (see `django_avatars.naming`), so another name would
    point at nothing. What was written has been deleted again.
    """


class RateLimited(Exception):
    """
    Somebody changed a picture too often in too short a time; see ``AVATARS["RATE_LIMIT"]``.

    Views answer 429, with ``retry_after``, in whole seconds, as the header of that name.
    """

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return str(RATE_LIMITED % {"seconds": self.retry_after})


class NoPicture(ValueError):
    """
    The address of a picture was asked for where none is stored: the field is empty, or its file is not saved yet.

    A template shows nothing in its place.
    """

    silent_variable_failure = True


class UnprocessedFile(ValueError):
    """
    A file was handed to a query that cannot process it: `QuerySet.update()`, `bulk_update()`, a filter.

    Plain Django would store the name of a file that nobody wrote.
    """
