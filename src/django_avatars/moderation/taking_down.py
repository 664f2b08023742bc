"""
Taking down pictures from the list of a model in the admin.

::

    @admin.register(UserProfile)
    class UserProfileAdmin(TakeDownMixin, AvatarAdminMixin, admin.ModelAdmin):
        list_display = ["avatar_thumbnail", "user"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .. import staff
from ..actors import acting_in
from ..exceptions import UNAVAILABLE, StorageUnavailable
from ..history.models import PictureVersion
from ..targets import target_of
from . import reasons, verbs

if TYPE_CHECKING:
    from django.db import models

    Base = admin.ModelAdmin[Any]
else:
    Base = object


class TakeDownMixin(Base):
    """
    For the `ModelAdmin` of a model with an AvatarField, or of users: an action that takes pictures down.

    It needs the permission ``avatars_moderation.take_down_picture``, and is written to the log.
    """

    def __init__(self, model: type[models.Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.actions: Any = list(dict.fromkeys([*(self.actions or ()), "take_down_avatars"]))

    def has_take_down_permission(self, request: HttpRequest) -> bool:
        """For Django, which asks for the permissions of an action by this name."""
        return request.user.has_perm("avatars_moderation.take_down_picture")

    @admin.action(description=_("Take down pictures of selected %(verbose_name_plural)s"), permissions=["take_down"])
    def take_down_avatars(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
        """Ask for the reason, and then take down the picture of every selected row."""
        rows = [row for row in queryset if target_of(row).stored_name or _seen(request, row)]
        reason = reasons.chosen(request.POST)
        if rows and "post" in request.POST and reason:
            with acting_in(request):
                done = [row for row in rows if self._take_down(request, row, reason)]
            if done:
                text = ngettext("%(count)d picture was taken down.", "%(count)d pictures were taken down.", len(done))
                self.message_user(request, text % {"count": len(done)}, messages.SUCCESS)
            return None
        if not rows:
            self.message_user(request, gettext("None of the selected has a picture."), messages.WARNING)
            return None
        if "post" in request.POST:
            self.message_user(request, reasons.CHOOSE, messages.ERROR)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Take down"),
            "opts": self.opts,
            "media": self.media,
            "selected": rows,
            "rows": [(row, target_of(row).stored_name) for row in rows],
            "reasons": reasons.REASONS,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "django_avatars/moderation/admin/take_down.html", context)

    def _take_down(self, request: HttpRequest, row: models.Model, reason: str) -> bool:
        """Whether it could be done; why not is a message."""
        try:
            take_down(request, row, reason, name=_seen(request, row))
        except PictureVersion.DoesNotExist:
            problem = str(reasons.DECIDED)
        except StorageUnavailable:
            problem = str(UNAVAILABLE)
        except ValidationError as exc:
            problem = exc.messages[0]
        else:
            staff.log(request.user, row, gettext("Picture taken down."))
            return True
        self.message_user(request, f"{row}: {problem}", messages.ERROR)
        return False


def take_down(request: HttpRequest, row: models.Model, reason: str, **which: Any) -> None:
    """
    Take down a picture of `row`; lock and block it where the form says so.

    Raises what `verbs.take_down` raises, and `PictureVersion.DoesNotExist` where there is nothing to take down.

    That the storage fails for a block is a message, since the picture is down already.
    """
    version = verbs.take_down(row, actor=request.user, reason=reason, **which)
    if version is None:
        raise PictureVersion.DoesNotExist
    if _wants(request, "lock"):
        verbs.lock(row, actor=request.user, reason=reason)
    if version.picture and _wants(request, "block"):
        try:
            verbs.block(version, actor=request.user)
        except StorageUnavailable:
            messages.error(request, f"{row}: {UNAVAILABLE}")


def _seen(request: HttpRequest, row: models.Model) -> str | None:
    """The stored name of the picture that the page has shown, which need not be shown any more."""
    return request.POST.get(f"seen-{row.pk}")


def _wants(request: HttpRequest, what: str) -> bool:
    return what in request.POST and request.user.has_perm(f"avatars_moderation.{what}_picture")
