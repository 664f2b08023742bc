"""The queues in the admin: what waits, and what was reported. And what is in force."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from ..history import keys
from ..history.admin import ReadOnly
from ..history.models import PictureVersion
from ..history.recording import database_of
from ..lifecycle import references
from . import reasons, reports, taking_down, verbs, views
from .models import PictureBlock, PictureLock, ReportedPicture, TakenDownPicture, WaitingPicture
from .queue import Deed, QueueAdmin
from .taking_down import TakeDownMixin

__all__ = ["TakeDownMixin"]


def _approve(request: HttpRequest, version: PictureVersion, reason: str) -> None:
    verbs.approve(version, request.user)


def _reject(request: HttpRequest, version: PictureVersion, reason: str) -> None:
    verbs.reject(version, request.user, reason)


def _dismiss(request: HttpRequest, version: PictureVersion, reason: str) -> None:
    verbs.dismiss(version, request.user)


def _take_down(request: HttpRequest, version: PictureVersion, reason: str) -> None:
    holder: Any = version.holder
    name = str(version.picture.name)
    taking_down.take_down(request, holder, reason, field=version.get_field(), name=name)


@admin.display(description=_("reason"), ordering="reason")
def why(row: Any) -> str:
    """The reason, in the language of the moderator."""
    return reasons.in_words(row.reason)


@admin.register(WaitingPicture)
class WaitingPictureAdmin(QueueAdmin):
    """Pictures to review."""

    permission = "avatars_moderation.approve_picture"
    state = PictureVersion.State.WAITING
    number: Any = ngettext_lazy("%(count)d picture waits", "%(count)d pictures wait", "count")
    since_title: Any = _("Uploaded")
    reason_title: Any = _("Reason, if rejected")
    deeds: tuple[Deed, ...] = (
        Deed(
            name="approve",
            text=_("Approve"),
            many=_("Approve selected"),
            key="A",
            said=_("Picture approved."),
            do=_approve,
        ),
        Deed(
            name="reject",
            text=_("Reject"),
            many=_("Reject selected"),
            key="R",
            said=_("Picture rejected."),
            do=_reject,
            needs_reason=True,
        ),
    )


@admin.register(ReportedPicture)
class ReportedPictureAdmin(QueueAdmin):
    """Pictures that somebody has reported."""

    permission = "avatars_moderation.review_report"
    state = PictureVersion.State.REPORTED
    number: Any = ngettext_lazy("%(count)d picture reported", "%(count)d pictures reported", "count")
    since_title: Any = PictureVersion.State.REPORTED.label
    reason_title: Any = _("Reason, if taken down")
    deeds: tuple[Deed, ...] = (
        Deed(
            name="dismiss",
            text=_("Dismiss"),
            many=_("Dismiss selected"),
            key="D",
            said=_("Reports dismissed."),
            do=_dismiss,
        ),
        Deed(
            name="take_down",
            text=_("Take down"),
            many=_("Take down selected"),
            key="T",
            said=_("Picture taken down."),
            do=_take_down,
            needs_reason=True,
            permission="avatars_moderation.take_down_picture",
        ),
    )

    def card(self, version: PictureVersion) -> dict[str, Any]:
        """As any, and what was said of it, and whether it has changed since."""
        rows = references.rows(version.get_field().model, database_of(version)).filter(pk=version.object_id)
        is_shown = rows.filter(**{version.field: version.picture.name}).exists()
        said = reports.of(version)
        people = get_user_model()._default_manager.in_bulk([one.reporter_id for one in said])
        words = [(one.in_words, people.get(one.reporter_id)) for one in said]
        return {**super().card(version), "reports": words, "is_gone": not is_shown}


@admin.register(TakenDownPicture)
class TakenDownPictureAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # Django's is no generic at run time
    """Pictures that were taken down, the last one first, for whoever has to look at one again."""

    permission = "avatars_moderation.take_down_picture"
    list_display: tuple[Any, ...] = ("image", "holder", why, "until", "until_by")
    list_display_links: tuple[str, ...] = ("holder",)
    list_select_related: ClassVar[tuple[str, ...]] = ("content_type", "until_by")
    search_fields: ClassVar[tuple[str, ...]] = ("object_id",)
    exclude: ClassVar[tuple[str, ...]] = ("picture", "alias")

    class Media:
        """Pictures are round here, too."""

        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("django_avatars/avatars.css",)}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever takes pictures down."""
        return request.user.has_perm(self.permission)

    def has_delete_permission(self, *args: Any, **kwargs: Any) -> bool:
        """Never: they go by themselves, as other earlier pictures do."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What was taken down."""
        rows = super().get_queryset(request).filter(state=PictureVersion.State.TAKEN_DOWN)
        return rows.prefetch_related("holder")

    def get_urls(self) -> list[URLPattern]:
        """As the base, and the pictures."""
        view = self.admin_site.admin_view(self.picture_view)
        return [path("<str:key>/<int:size>/", view, name="avatars_moderation_taken_down"), *super().get_urls()]

    def picture_view(self, request: HttpRequest, key: str, size: int) -> HttpResponse:
        """A picture, for whom `views.may_see` lets see it."""
        return views.answer(request, key, size, moves=True)

    @admin.display(description=_("Picture"))
    def image(self, version: PictureVersion) -> str:
        """The picture, "" where its files were gone or not ours."""
        if not version.picture:
            return ""
        address = reverse(
            "admin:avatars_moderation_taken_down", args=[keys.key_of(version), 96], current_app=self.admin_site.name
        )
        return format_html('<img class="avatar" src="{}" width="96" height="96" alt="" loading="lazy">', address)


class Ended:
    """For what is listed, and ended by deleting it, by whoever has one permission."""

    permission = ""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may end it may look."""
        return request.user.has_perm(self.permission)

    has_delete_permission = has_view_permission

    def has_add_permission(self, *args: Any, **kwargs: Any) -> bool:
        """Never: not by hand."""
        return False

    has_change_permission = has_add_permission


@admin.register(PictureLock)
class PictureLockAdmin(Ended, admin.ModelAdmin):  # type: ignore[type-arg]  # Django's is no generic at run time
    """Locks; deleting one ends it."""

    permission = "avatars_moderation.lock_picture"
    list_display: tuple[Any, ...] = ("holder", why, "since", "until", "by")
    list_select_related: ClassVar[tuple[str, ...]] = ("content_type", "by")


@admin.register(PictureBlock)
class PictureBlockAdmin(Ended, admin.ModelAdmin):  # type: ignore[type-arg]  # see above
    """Blocks; deleting one ends it."""

    permission = "avatars_moderation.block_picture"
    list_display: tuple[str, ...] = ("fingerprint", "since", "by")
    list_select_related: ClassVar[tuple[str, ...]] = ("by",)
