"""Pages for owners and moderators that show or withdraw hidden pictures, and the page for reports."""

from __future__ import annotations

import math
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_safe

from .. import intake, naming, sending, targets, visibility
from ..actors import acting_in
from ..conf import get_settings
from ..exceptions import RateLimited, StorageUnavailable
from ..history import keys
from ..history.models import PictureVersion
from ..history.views import EarlierPictureView
from ..providers import names
from ..uploads import throttling
from ..views import OwnPictureView
from . import reasons, reports, verbs

State = PictureVersion.State

MAY_SEE = {
    State.WAITING: "avatars_moderation.approve_picture",
    State.REJECTED: "avatars_moderation.approve_picture",
    State.TAKEN_DOWN: "avatars_moderation.take_down_picture",
    State.REPORTED: "avatars_moderation.review_report",
}
"""By state: the permission to see such pictures of others."""


@never_cache
@login_required
@require_safe
def picture(request: HttpRequest, key: str, size: int) -> HttpResponse:
    """A picture that waits, was rejected or taken down, for its owner and moderators. 404 for everybody else."""
    return answer(request, key, size)


def answer(request: HttpRequest, key: str, size: int, *, moves: bool = False) -> HttpResponse:
    """
    The rendition that fits `size`, wherever it is. 404 for files that are gone, 503 where the storage fails.

    With `moves` the animation where there is one, for those who judge what everybody would see.
    """
    version = keys.named(key).exclude(picture="").exclude(state=State.ERASING).first()
    if version is None or not may_see(request.user, version):
        raise Http404
    name = str(version.picture.name)
    animation = naming.animation(name) if moves else ""
    try:
        return sending.send(version.storage, animation or naming.rendition(name, size))
    except StorageUnavailable as exc:
        return intake.answer(request, exc)


def may_see(user: Any, version: PictureVersion) -> bool:
    """Whether this is a picture of `user`, or one that `user` may see as a moderator."""
    holder, permission = version.holder, MAY_SEE.get(State(version.state))
    has_owner = holder is not None and version.state != State.REPORTED  # who need not know that there is a case
    is_own = has_owner and visibility.is_own(targets.target_of(holder), user)
    return is_own or (permission is not None and user.has_perm(permission))


class WithdrawView(EarlierPictureView):
    """The target of a button with which owners withdraw their picture that waits."""

    throttle = False
    message: Any = _("Your new picture was deleted.")

    def act(self, request: HttpRequest, **kwargs: Any) -> bool:
        """Delete what waits."""
        return verbs.withdraw(request.user)


TOO_MANY = ngettext_lazy(
    "You have reported very many pictures. Try again in %(seconds)s second.",
    "You have reported very many pictures. Try again in %(seconds)s seconds.",
    "seconds",
)


class TooManyReports(RateLimited):
    """Raised when a user has reported too many pictures in a short time."""

    def __str__(self) -> str:
        return str(TOO_MANY % {"seconds": self.retry_after})


class ReportView(OwnPictureView):
    """
    Ask what is wrong with a picture of somebody else, and let a moderator look at it.

    The address says which picture was seen: one that took its place since is not judged for it. 404 for who may not
    report it, 410 where it is gone, 400 without a reason, 429 after too many.
    """

    template_name = limited_template_name = "django_avatars/moderation/report.html"
    is_form_read: bool = True
    target: targets.AvatarTarget
    name: str
    """The picture that was seen."""

    def handle_no_permission(self) -> HttpResponseBase:
        """Let anonymous users report, if the settings allow it; else ask for a log-in."""
        if get_settings().anonymous_reports:
            return self._dispatch(self.request, *self.args, **self.kwargs)
        return super().handle_no_permission()

    def _dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with acting_in(request):
            found = reports.decode(kwargs["seen"])
            if found is None or not reports.may_report(found[0]):
                raise Http404
            self.target, self.name = found
            try:
                return csrf_protect(super(OwnPictureView, self).dispatch)(request, *args, **kwargs)
            except TooManyReports as exc:
                return self.problem(intake.refuse(request, exc, whose=self.target.holder))

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Show the form."""
        holder: Any = self.target.holder
        field: Any = self.target.field
        if not reports.current_name(holder, field, self.name):
            return self.gone()
        return self.page(self.template_name)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Save the report."""
        reason, text = reasons.reported(request.POST)
        if not reason and not text:
            return self.page(self.template_name, status=400, error=reasons.CHOOSE)
        wait = throttling.wait_for(request, "report")
        if wait > 0:
            raise TooManyReports(math.ceil(wait))
        try:
            reports.report(
                self.target.holder,
                actor=request.user,
                reason=reason,
                text=text,
                name=self.name,
                field=self.target.field,
            )
        except PictureVersion.DoesNotExist:
            return self.gone()
        return self.page(self.template_name, is_done=True)

    def gone(self) -> HttpResponse:
        """Answer 410 with a page that says that the picture is gone."""
        return self.page(self.template_name, status=410, is_gone=True)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """The context of the template: whose picture it is, the picture if it is still shown, and `reasons`."""
        is_shown = naming.is_same(self.target.stored_name, self.name)
        return {
            "name": names.display_name(self.target.person),
            "picture": getattr(self.target.holder, self.target.field.attname) if is_shown else None,  # type: ignore[union-attr]
            "next": self.next_url(),
            "reasons": reasons.REPORTS,
            **context,
        }
