"""Pictures that are not shown to everybody, for those who may see them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import intake, naming, targets
from ..exceptions import StorageUnavailable
from ..history.models import PictureVersion
from ..history.views import EarlierPictureView
from . import verbs

State = PictureVersion.State

MAY_SEE = {
    State.WAITING: "avatars_moderation.approve_picture",
    State.REJECTED: "avatars_moderation.approve_picture",
    State.TAKEN_DOWN: "avatars_moderation.take_down_picture",
}
"""The permission that lets somebody see the pictures of others, by what has become of them."""


@never_cache
@login_required
@require_safe
def picture(request: HttpRequest, pk: int, size: int) -> HttpResponse:
    """A picture that waits, was rejected or taken down: for its owner, and for moderators. 404 for everybody else."""
    return answer(request, pk, size)


def answer(request: HttpRequest, pk: int, size: int, *, moves: bool = False) -> HttpResponse:
    """
    The rendition that fits `size`, wherever it is. 404 for files that are gone, 503 where the storage fails.

    With `moves` the animation where there is one, for those who judge what everybody would see.
    """
    seen = PictureVersion._default_manager.exclude(picture="").exclude(state=State.ERASING)
    version = seen.filter(pk=pk).first()
    if version is None or not may_see(request.user, version):
        raise Http404
    name = str(version.picture.name)
    animation = naming.animation(name) if moves else ""
    formats = ("webp",) if animation else naming.formats(name)
    format = next(iter(formats or version.get_field().option("output_formats")))
    try:
        with version.storage.open(animation or naming.rendition(name, size)) as file:
            response = HttpResponse(file.read(), content_type=naming.CONTENT_TYPES[format])
    except FileNotFoundError as exc:
        raise Http404 from exc
    except Exception as exc:  # whatever a storage raises
        failed = StorageUnavailable()
        failed.__cause__ = exc
        problem = intake.refuse(request, failed)
        return HttpResponse(status=problem.status, headers=problem.headers)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def may_see(user: Any, version: PictureVersion) -> bool:
    """Whether this is the picture of `user`, or one that `user` may judge."""
    holder, permission = version.holder, MAY_SEE.get(State(version.state))
    is_own = holder is not None and targets.target_of(holder).identity == targets.target_of(user).identity
    return is_own or (permission is not None and user.has_perm(permission))


class WithdrawView(EarlierPictureView):
    """A button: the picture that waits is not to be shown after all."""

    message: Any = _("Your new picture was deleted.")

    def act(self, request: HttpRequest, **kwargs: Any) -> bool:
        """Delete what waits."""
        return verbs.withdraw(request.user)
