"""The queue in the admin: large pictures, one key for each decision, and many at once. And what is in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Media, Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.translation import gettext, ngettext

from .. import querysets
from ..exceptions import UNAVAILABLE, StorageUnavailable
from ..history.models import PictureVersion
from ..providers import names
from ..targets import target_of
from . import reasons, verbs, views
from .models import PictureBlock, PictureLock, WaitingPicture
from .taking_down import TakeDownMixin

if TYPE_CHECKING:
    Base = admin.ModelAdmin[WaitingPicture]
else:
    Base = admin.ModelAdmin

__all__ = ["TakeDownMixin"]

PAGE = 50
"""Pictures on a page of the queue."""

DIGITS = 19
"""A key of a picture has fewer."""


def _counting(get_app_list: Callable[..., list[dict[str, Any]]]) -> Callable[..., list[dict[str, Any]]]:
    """As it was, and the index says how many pictures wait."""

    def counted(request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        apps = get_app_list(request, app_label) if app_label else get_app_list(request)
        if request.resolver_match is not None and request.resolver_match.url_name in ("index", "app_list"):
            for model in _queues(apps):
                model["name"] = f"{model['name']} ({waiting_text()})"
        return apps

    return counted


def _queues(apps: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    return (model for app in apps for model in app["models"] if model["model"] is WaitingPicture)


@admin.register(WaitingPicture)
class WaitingPictureAdmin(Base):
    """Pictures to review. Everything needs the permission ``avatars_moderation.approve_picture``."""

    def __init__(self, model: type[WaitingPicture], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        # Django has no hook for what the index says of a model.
        admin_site.get_app_list = _counting(admin_site.get_app_list)  # type: ignore[method-assign]

    @property
    def media(self) -> Media:
        """What the queue needs."""
        return Media(
            css={"all": ["django_avatars/avatars.css", "django_avatars/avatars-review.css"]},
            js=(Script("django_avatars/avatars-review.js", type="module"),),  # type: ignore[arg-type]
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may decide may look."""
        return request.user.has_perm("avatars_moderation.approve_picture")

    def has_add_permission(self, *args: Any, **kwargs: Any) -> bool:
        """Never: pictures come through other doors."""
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def get_urls(self) -> list[URLPattern]:
        """The queue, and its pictures."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("", self.admin_site.admin_view(self.changelist_view), name=f"{name}_changelist"),
            path("<int:pk>/<int:size>/", self.admin_site.admin_view(self.picture_view), name=f"{name}_picture"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queue; with POST a decision, answered in JSON to whoever accepts only that."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._decided(request)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Pictures to review"),
            "opts": self.opts,
            "media": self.media,
            "cards": self._cards(),
            "waiting": waiting_text(),
            "reasons": reasons.REASONS,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "django_avatars/moderation/admin/queue.html", context)

    def picture_view(self, request: HttpRequest, pk: int, size: int) -> HttpResponse:
        """A picture of the queue."""
        return views.answer(request, pk, size, moves=True)

    def _cards(self) -> list[dict[str, Any]]:
        rows = verbs.waiting().select_related("since_by").prefetch_related("holder")[:PAGE]
        versions = [version for version in rows if version.holder is not None]  # the sweep takes the others
        querysets.load([version.holder for version in versions])
        return [
            {
                "version": version,
                "name": names.display_name(target_of(version.holder).person),
                "url": self._url_of(version.holder),
            }
            for version in versions
        ]

    def _url_of(self, holder: Any) -> str:
        page = f"admin:{holder._meta.app_label}_{holder._meta.model_name}_change"
        try:
            return reverse(page, args=[holder.pk], current_app=self.admin_site.name)
        except NoReverseMatch:
            return ""

    def _decided(self, request: HttpRequest) -> HttpResponse:
        done, problems = decide(request)
        if request.headers.get("accept") == "application/json":
            return JsonResponse({"done": done, "problems": problems, "waiting": waiting_text()})
        for problem in problems:
            self.message_user(request, problem, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())


def decide(request: HttpRequest) -> tuple[list[int], list[str]]:
    """Do what the form says; the keys of the pictures that need no more decision, and what went wrong."""
    action: Callable[[PictureVersion], object]
    if "approve" in request.POST:
        chosen, said = request.POST["approve"], gettext("Picture approved.")
        action = partial(verbs.approve, actor=request.user)
    else:
        chosen, said = request.POST.get("reject", ""), gettext("Picture rejected.")
        reason = reasons.chosen(request.POST)
        if not reason:
            return [], [str(reasons.CHOOSE)]
        action = partial(verbs.reject, actor=request.user, reason=reason)

    given = request.POST.getlist("picture") if chosen == "selected" else [chosen]
    keys = {int(key) for key in given if key.isdecimal() and len(key) < DIGITS}
    versions = verbs.waiting().filter(pk__in=keys)
    answers = [(version.pk, _tried(request, version, action, said)) for version in versions]
    gone = keys - {key for key, _ in answers}
    return [*gone, *(key for key, problem in answers if not problem)], [problem for _, problem in answers if problem]


def _tried(request: HttpRequest, version: PictureVersion, action: Callable[[PictureVersion], object], said: str) -> str:
    """Decide about one picture, and write it to the log; what went wrong, "" for nothing."""
    holder: Any = version.holder
    try:
        action(version)
    except PictureVersion.DoesNotExist:
        return ""  # somebody else was faster
    except ValidationError as exc:
        return f"{holder}: {exc.messages[0]}"
    except StorageUnavailable:
        return f"{holder}: {UNAVAILABLE}"
    LogEntry.objects.log_actions(request.user.pk or 0, [holder], CHANGE, said, single_object=True)
    return ""


def waiting_text() -> str:
    """How many wait, in words."""
    count = verbs.waiting().count()
    return ngettext("%(count)d picture waits", "%(count)d pictures wait", count) % {"count": count}


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
    list_display = ("holder", "reason", "since", "until", "by")
    list_select_related = ("content_type", "by")


@admin.register(PictureBlock)
class PictureBlockAdmin(Ended, admin.ModelAdmin):  # type: ignore[type-arg]  # see above
    """Blocks; deleting one ends it."""

    permission = "avatars_moderation.block_picture"
    list_display = ("fingerprint", "since", "by")
    list_select_related = ("by",)
