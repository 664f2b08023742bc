"""What goes wrong with a picture, as REST framework says it."""

from __future__ import annotations

from rest_framework import exceptions, status

from ...intake import Problem

CODES_OF_SIZE = frozenset({"too_large"})
"""Codes that are answered with 413."""


class TooLarge(exceptions.ValidationError):
    """The picture is larger than allowed: 413, in the shape of any other error of a field."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE


class PictureProblem(exceptions.APIException):
    """A `django_avatars.intake.Problem`: its status, its text, its code, and with Retry-After where that may help."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text, problem.code)
        self.status_code: int = problem.status
        self.wait: int | None = problem.retry_after


def is_about_size(detail: object) -> bool:
    """Whether one of the errors in `detail`, as `ValidationError` has them, is that a picture is too large."""
    if isinstance(detail, dict):
        return any(map(is_about_size, detail.values()))
    if isinstance(detail, list):
        return any(map(is_about_size, detail))
    return getattr(detail, "code", None) in CODES_OF_SIZE
