"""
Changing a picture in a request: the one place that pages, REST framework, ninja and the views of a project use.

::

    with intake.change(request, field, holder=team) as change:
        change.set(change.file("logo"))

`change` limits what is read of the body, throttles, makes the user known to the policy and to signals, counts, and
writes to the log what was refused and what failed. Whatever goes wrong leaves the block as one `Problem`, which has
everything that an answer needs. `PermissionDenied` leaves it as it is: Django and REST framework answer 403.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent, ValidationError
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _

from . import audit, policy, services, targets
from .actors import acting_in
from .conf import has_policy
from .exceptions import UNAVAILABLE, Busy, RateLimited, StorageUnavailable
from .forms import crop_name
from .imaging.spec import Crop
from .uploads import throttling
from .uploads.uploadhandlers import UnreadFile, from_data_url, limit_upload, read_json

if TYPE_CHECKING:
    from django.core.files.base import File
    from django.db import models
    from django.forms import BaseForm

    from .fields import AvatarField
    from .gallery import ReadyPicture

RETRY_AFTER = 30
"""Seconds after which to try again when the storage did not answer."""

CHOOSE = _("Choose a picture first.")
TOO_LARGE = _("This request is too large.")
SEND = _("Send a file, or a data: address in base64.")


Expected: TypeAlias = (
    RateLimited
    | Busy
    | StorageUnavailable
    | ValidationError
    | MultiPartParserError
    | RequestDataTooBig
    | TooManyFieldsSent
    | TooManyFilesSent
)
"""What can go wrong with a picture in a request: each is answered by a `Problem`."""


class Problem(Exception):
    """Why a picture was not changed, with everything that an answer needs."""

    def __init__(self, status: int, code: str, text: Any, retry_after: int | None = None) -> None:
        super().__init__(status, code)
        self.status = status
        """HTTP status: 400, 403, 413, 429 or 503; with somebody else's picture 404, 409 and 422 as well."""
        self.code = code
        """For programs: that of `InvalidImage`, of a validator, or "required", "invalid", "bad_request", and so on."""
        self.text: str = str(text)
        """For people, in their language."""
        self.retry_after = retry_after
        """Seconds after which to try again, None where that would not help."""

    def __str__(self) -> str:
        return self.text

    @property
    def headers(self) -> dict[str, str]:
        """``Retry-After``, where trying again may help."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


def problem_of(exc: Exception) -> Problem | None:
    """The answer to `exc`; None for an exception that does not concern pictures."""
    if isinstance(exc, (RateLimited, Busy)):
        return Problem(429 if isinstance(exc, RateLimited) else 503, exc.code, exc, exc.retry_after)
    if isinstance(exc, StorageUnavailable):
        return Problem(503, exc.code, UNAVAILABLE, RETRY_AFTER)
    if isinstance(exc, ValidationError):
        [error, *_others] = ValidationError([exc]).error_list  # also of one by fields, as of a model that cleans itself
        return Problem(_status_of(error), error.code or "invalid", error.messages[0])
    if isinstance(exc, RequestDataTooBig):
        return Problem(413, "bad_request", TOO_LARGE)
    return Problem(400, "bad_request", exc) if isinstance(exc, Expected) else None


def _status_of(error: ValidationError) -> int:
    return {"not_allowed": 403, "too_large": 413}.get(error.code or "", 400)


@contextmanager
def change(
    request: Any, field: AvatarField | None = None, *, holder: models.Model | None = None, throttle: bool = True
) -> Iterator[Change]:
    """
    Change a picture in this block.

    Begin it before anything reads ``request.POST``: reading then stops at the limit of the field. Django's check of
    the CSRF token reads the form, so decorate a view of your own with `limited_upload`, which puts the limit first.

    Args:
        request: The request, of Django or of REST framework. Its user acts.
        field: The AvatarField; the picture of a user where it is None.
        holder: The row with the picture; or a user, wherever the picture of users is. None: ``request.user``.
        throttle: Whether ``AVATARS["RATE_LIMIT"]`` applies. Removing a picture is never limited.

    Raises `Problem`, with the original exception as its cause.

    """
    made = Change(request, field or targets.user_field().field, holder)
    with acting_in(request):
        token = audit.current.set(made.measures)
        try:
            limit_upload(request, max_bytes=made.field.option("max_bytes"))
            if throttle:
                throttling.check(request)
            yield made
        except Exception as exc:
            problem = made.refuse(exc)
            if problem is None:
                raise
            raise problem from exc
        finally:
            audit.current.reset(token)


@dataclasses.dataclass
class Change:
    """What can be done within `change`."""

    request: Any
    field: AvatarField
    holder: models.Model | None
    measures: audit.Measures = dataclasses.field(default_factory=audit.Measures)
    """What `signals.avatar_event` tells of the change, such as the size of the upload."""

    def file(self, name: str = "avatar") -> File[Any] | None:
        """
        The picture in the body, with its crop: a file of a form, or a ``data:`` address in JSON, None for its ``null``.

        Raises a `ValidationError` where there is none, and one of `uploadhandlers.UNREADABLE`; `change` answers both.
        """
        # The request of REST framework has the whole header there, with "; charset=utf-8" and as it was written.
        is_json = self.request.content_type.partition(";")[0].strip().lower() == "application/json"
        found, crop = (self._from_json if is_json else self._from_form)(name)
        if found is not None:
            found.avatar_crop = Crop.parse(str(crop or ""))  # type: ignore[attr-defined]
        return found

    def ask(self, action: policy.Action) -> None:
        """Ask the policy, before anything costly is done. Raises `NotAllowed`."""
        if has_policy():
            policy.ask(self._row(), self.field, action)

    def set(self, file: File[Any] | None) -> models.Model:
        """Make `file` the picture, and return the row that holds it. Raises a `ValidationError` if it is None."""
        if file is None:
            raise ValidationError(CHOOSE, code="required")
        self.measures.size = file.size
        if self.holder is None:
            return services.set_own(self.request.user, file)
        services.set_picture(self.holder, field=self._column(), file=file)
        return self.holder

    def choose(self, picture: ReadyPicture) -> models.Model:
        """Make a ready picture that of the user, and return the row that holds it. Counts as any other change."""
        self.ask("set")
        throttling.count_picture()  # an upload is counted when it is decoded, and here there is nothing to decode
        return services.choose_own(self.request.user, picture)

    def remove(self) -> bool:
        """Leave the row without a picture. False where there was none."""
        if self.holder is None:
            return services.remove_own(self.request.user)
        return services.remove_picture(self.holder, field=self._column())

    def _row(self) -> models.Model:
        """The row that the policy is asked about."""
        if self.holder is not None and isinstance(self.holder, self.field.model):
            return self.holder
        return services.own_holder(self.request.user if self.holder is None else self.holder)

    def _column(self) -> AvatarField | None:
        """The field, if the holder has it. None for a user whose picture is in another row; `services` finds that."""
        return self.field if isinstance(self.holder, self.field.model) else None

    def refuse(self, exc: Exception, *, size: int | None = None) -> Problem | None:
        """Log what went wrong, and return what to answer; None for an exception that does not concern pictures."""
        return refuse(self.request, exc, whose=self.holder, size=self.measures.size if size is None else size)

    def refuse_form(self, form: BaseForm) -> Problem:
        """Log every error of `form`, and return the problem with the highest status."""
        files = {name: getattr(file, "size", None) for name, file in form.files.items()}
        errors = [(name, error) for name, found in form.errors.as_data().items() for error in found]
        problems = [self.refuse(error, size=files.get(name)) for name, error in errors]
        return max(filter(None, problems), key=lambda problem: problem.status)

    def _from_form(self, name: str) -> tuple[File[Any], Any]:
        if name not in self.request.FILES:
            raise ValidationError(CHOOSE, code="required")
        return self.request.FILES[name], self.request.POST.get(crop_name(name))

    def _from_json(self, name: str) -> tuple[File[Any] | None, Any]:
        limit = self.field.option("max_bytes")
        body = read_json(self.request, max_bytes=limit)
        if body is None:
            return UnreadFile(max_bytes=limit), None
        data = json_object(body)
        if name not in data:
            raise ValidationError(CHOOSE, code="required")
        if data[name] is None:
            return None, None
        file = from_data_url(str(data[name]), max_bytes=limit)
        if file is None:
            raise ValidationError(SEND, code="invalid")
        return file, data.get(crop_name(name))


@overload
def refuse(request: Any, exc: Expected, *, whose: Any = None, size: int | None = None) -> Problem: ...
@overload
def refuse(request: Any, exc: Exception, *, whose: Any = None, size: int | None = None) -> Problem | None: ...
def refuse(request: Any, exc: Exception, *, whose: Any = None, size: int | None = None) -> Problem | None:
    """Log what went wrong in `request`, and return what to answer; None for what does not concern pictures."""
    problem = exc if isinstance(exc, Problem) else problem_of(exc)
    if problem is not None and problem is not exc:
        event: Any = {429: "limited", 503: "failed"}.get(problem.status, "refused")
        cause = audit.cause_of(exc) if isinstance(exc, StorageUnavailable) else ""
        user = getattr(request, "user", None)
        audit.record(event, whose or user, by=user, code=problem.code, cause=cause, size=size)
    return problem


def answer(request: Any, exc: Expected) -> HttpResponse:
    """Log what went wrong in `request`, and answer with the status and the headers of the problem, and no page."""
    problem = refuse(request, exc)
    return HttpResponse(status=problem.status, headers=problem.headers)


def json_object(body: bytes) -> dict[str, Any]:
    """The object in a JSON body. Raises a `ValidationError` with the code "bad_request" for anything else."""
    try:
        data = json.loads(body)
    except ValueError as exc:
        raise ValidationError("This is no JSON.", code="bad_request") from exc
    if not isinstance(data, dict):
        raise ValidationError("This is no JSON object.", code="bad_request")
    return data
