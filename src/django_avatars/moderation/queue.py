"""An admin page with pictures that wait for a decision. They are large, and each action has a key, for many as well."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Media, Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.text import capfirst

from .. import staff
from ..actors import acting_in
from ..exceptions import UNAVAILABLE, StorageUnavailable
from ..history import keys
from ..history.models import PictureVersion
from ..providers import names
from ..targets import target_of
from . import cases, reasons, views

if TYPE_CHECKING:
    Base = admin.ModelAdmin[PictureVersion]
else:
    Base = admin.ModelAdmin


@dataclasses.dataclass(frozen=True, kw_only=True)
class Deed:
    """What a moderator can do with a picture."""

    name: str
    """Name of the field in the form."""
    text: Any
    """Text on the button of one picture."""
    many: Any
    """Text on the button for the selected pictures."""
    key: str
    said: Any
    """Text of the entry in the admin log."""
    do: Callable[[HttpRequest, PictureVersion, str], object]
    """The function that does it, which is given the reason."""
    needs_reason: bool = False
    permission: str = ""
    """A permission that is needed besides that for the queue."""


class QueueAdmin(Base):
    """The queue itself. Everything in it needs its `permission`."""

    permission = ""
    state = ""
    """The state of the pictures in the queue."""
    number: Any = ""
    """Text that says how many pictures there are, with the placeholder ``count``."""
    since_title: Any = ""
    """What happened at the time that a card says."""
    reason_title: Any = ""
    deeds: tuple[Deed, ...] = ()

    def __init__(self, model: type[PictureVersion], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        # Django has no hook for what the index says of a model.
        admin_site.get_app_list = self._counting(admin_site.get_app_list)  # type: ignore[method-assign]

    def total(self) -> int:
        """How many there are."""
        return cases.in_state(self.state).count()

    def counted(self) -> str:
        """How many there are, in words."""
        return self._in_words(self.total())

    def _in_words(self, count: int) -> str:
        return str(self.number % {"count": count})

    def _counting(self, get_app_list: Callable[..., list[dict[str, Any]]]) -> Callable[..., list[dict[str, Any]]]:
        """As it was, and the index says how many pictures there are."""

        def with_number(request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
            apps = get_app_list(request, app_label) if app_label else get_app_list(request)
            if request.resolver_match is not None and request.resolver_match.url_name in ("index", "app_list"):
                for model in [model for app in apps for model in app["models"] if model["model"] is self.model]:
                    model["name"] = f"{model['name']} ({self.counted()})"
            return apps

        return with_number

    @property
    def media(self) -> Media:
        """Styles and script of the queue."""
        return Media(
            css={"all": [f"django_avatars/{name}.css" for name in ("avatars", "avatars-admin", "avatars-review")]},
            js=(Script("django_avatars/avatars-review.js", type="module"),),  # type: ignore[arg-type]
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Everybody who may decide about the pictures may view them."""
        return request.user.has_perm(self.permission)

    def has_add_permission(self, *args: Any, **kwargs: Any) -> bool:
        """Never: pictures get into a queue in other ways."""
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def get_urls(self) -> list[URLPattern]:
        """The queue, and its pictures."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("", self.admin_site.admin_view(self.changelist_view), name=f"{name}_changelist"),
            path("<str:key>/<int:size>/", self.admin_site.admin_view(self.picture_view), name=f"{name}_picture"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queue; with POST a decision, answered in JSON to whoever accepts only that."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._decided(request)
        request.current_app = self.admin_site.name
        total, versions = self.total(), cases.in_state(self.state).oldest()
        context = {
            **self.admin_site.each_context(request),
            "title": capfirst(self.opts.verbose_name_plural),
            "opts": self.opts,
            "media": self.media,
            "tabs": self._tabs(request),
            "cards": [self.card(version) for version in versions],
            "total": total,
            # As many texts as there can be decisions here: a script cannot count in every language.
            "counts": [self._in_words(max(total - done, 0)) for done in range(len(versions) + 1)],
            "since_title": self.since_title,
            "deeds": self.deeds_of(request),
            "reason_title": self.reason_title,
            "choose": reasons.CHOOSE,
            "reasons": reasons.REASONS,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "django_avatars/moderation/admin/queue.html", context)

    def picture_view(self, request: HttpRequest, key: str, size: int) -> HttpResponse:
        """A picture of the queue."""
        return views.answer(request, key, size, moves=True)

    def deeds_of(self, request: HttpRequest) -> list[Deed]:
        """The actions that the user may take."""
        return [deed for deed in self.deeds if not deed.permission or request.user.has_perm(deed.permission)]

    def card(self, version: PictureVersion) -> dict[str, Any]:
        """The context of one picture on the page."""
        holder: Any = version.holder
        person: Any = target_of(holder).person
        name, key = names.display_name(person), keys.key_of(version)
        username = person.get_username() if isinstance(person, get_user_model()) else ""
        return {
            "version": version,
            "key": key,
            "name": name,
            "username": username if username != name else "",
            "joined": getattr(person, "date_joined", None),
            "small": self._url_of(self.opts, "picture", key, 72),
            "picture": self._url_of(self.opts, "picture", key, 512),
            "url": self._url_of(holder._meta, "change", quote(holder.pk)),
        }

    def _tabs(self, request: HttpRequest) -> list[tuple[str, str, bool]]:
        """The queues that the visitor may see: what each is called, where it is, and whether it is this one."""
        models = (version for version in PictureVersion.__subclasses__() if self.admin_site.is_registered(version))
        queues = [queue for model in models if isinstance(queue := self.admin_site.get_model_admin(model), QueueAdmin)]
        return [
            (
                str(capfirst(queue.opts.verbose_name_plural)) + ("" if queue is self else f" ({queue.counted()})"),
                self._url_of(queue.opts, "changelist"),
                queue is self,
            )
            for queue in queues
            if queue.has_view_permission(request)
        ]

    def _url_of(self, opts: Any, page: str, *args: Any) -> str:
        try:
            name = f"admin:{opts.app_label}_{opts.model_name}_{page}"
            return reverse(name, args=args, current_app=self.admin_site.name)
        except NoReverseMatch:
            return ""

    def _decided(self, request: HttpRequest) -> HttpResponse:
        done, problems = self._decide(request)
        if request.headers.get("accept") == "application/json":
            return JsonResponse({"done": done, "problems": problems})
        for problem in problems:
            self.message_user(request, problem, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def _decide(self, request: HttpRequest) -> tuple[list[str], list[str]]:
        """Do what the form says. Returns the keys of the pictures that are decided, and the problems with others."""
        deed = next((deed for deed in self.deeds_of(request) if deed.name in request.POST), None)
        if deed is None:
            raise PermissionDenied
        reason = reasons.chosen(request.POST)
        if deed.needs_reason and not reason:
            return [], [str(reasons.CHOOSE)]
        chosen = request.POST[deed.name]
        given = request.POST.getlist("picture") if chosen == "selected" else [chosen]
        answers = {key: self._tried(request, key, deed, reason) for key in given}
        return [key for key, problem in answers.items() if not problem], list(filter(None, answers.values()))

    def _tried(self, request: HttpRequest, key: str, deed: Deed, reason: str) -> str:
        """Decide about one picture and log it. Returns the problem, "" for none."""
        version = keys.named(key).filter(state=self.state).first()
        holder: Any = version.holder if version else None
        if version is None or holder is None:
            return ""  # somebody else was faster
        try:
            with acting_in(request):
                deed.do(request, version, reason)
        except PictureVersion.DoesNotExist:
            return ""
        except ValidationError as exc:
            return f"{holder}: {exc.messages[0]}"
        except StorageUnavailable:
            return f"{holder}: {UNAVAILABLE}"
        staff.log(request.user, holder, deed.said)
        return ""
