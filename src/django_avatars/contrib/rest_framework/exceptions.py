"""What goes wrong with a picture, as REST framework says it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status

from ... import services
from ...exceptions import RATE_LIMITED, UNAVAILABLE, StorageUnavailable

CODES_OF_SIZE = frozenset({"too_large"})
"""Codes that are answered with 413."""


class TooLarge(exceptions.ValidationError):
    """The picture is larger than allowed: 413, in the shape of any other error of a field."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE


class BodyTooLarge(exceptions.APIException):
    """The body is larger than the site allows: 413."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("This request is too large.")


class TooManyChanges(exceptions.Throttled):
    """Too many changes: 429, with Retry-After."""

    default_code = "rate_limited"

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.detail = exceptions.ErrorDetail(str(RATE_LIMITED % {"seconds": wait}), self.default_code)


class Unavailable(exceptions.APIException):
    """The storage did not answer: 503, with Retry-After."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = StorageUnavailable.code
    default_detail = UNAVAILABLE
    wait = services.RETRY_AFTER


def is_about_size(detail: object) -> bool:
    """Whether one of the errors in `detail`, as `ValidationError` has them, is that a picture is too large."""
    if isinstance(detail, dict):
        return any(map(is_about_size, detail.values()))
    if isinstance(detail, list):
        return any(map(is_about_size, detail))
    return getattr(detail, "code", None) in CODES_OF_SIZE
