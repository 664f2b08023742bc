"""
What a picture was before, in the admin.

`VersionInline` is a timeline on the page of the row with the picture::

    @admin.register(UserProfile)
    class UserProfileAdmin(AvatarAdminMixin, admin.ModelAdmin):
        inlines = [VersionInline]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.contrib.contenttypes.admin import GenericTabularInline
from django.contrib.contenttypes.forms import BaseGenericInlineFormSet
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from .. import intake, rendering, staff
from ..actors import acting_in, permission
from ..exceptions import WAITING, StorageUnavailable
from ..lifecycle.replace import waits
from . import keys, verbs
from .models import PictureVersion

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.utils.safestring import SafeString

    Base = admin.ModelAdmin[PictureVersion]
else:
    Base = admin.ModelAdmin


class ReadOnly:
    """Versions can be viewed, but not added, changed or deleted by hand."""

    def has_add_permission(self, *args: Any, **kwargs: Any) -> bool:
        """Never."""
        return False

    def has_change_permission(self, *args: Any, **kwargs: Any) -> bool:
        """Never."""
        return False


@admin.display(description=_("Picture"))
def thumbnail(version: PictureVersion) -> SafeString:
    """The picture as an image, except one that is being erased."""
    is_there = version.picture and version.state == PictureVersion.State.PAST
    return rendering.avatar(version.picture if is_there else None, 64)


class Versions(BaseGenericInlineFormSet):  # type: ignore[type-arg]  # Django's is no generic at run time
    """The versions of a row, from the database of the row."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        using = self.instance._state.db
        if using:
            model = ContentType.objects.db_manager(using).get_for_model(self.instance)
            self.queryset = kwargs["queryset"].using(using).filter(content_type=model, object_id=self.instance.pk)

    def get_queryset(self) -> Any:
        """As the base; each version knows its `key`."""
        rows = super().get_queryset()
        for version in rows:
            version.key = keys.key_of(version)
        return rows


class VersionInline(ReadOnly, GenericTabularInline):
    """The earlier pictures of a row, each with a button that shows it again."""

    model: type[PictureVersion] = PictureVersion
    formset: Any = Versions
    extra = 0
    can_delete = False
    template = "django_avatars/history/admin/timeline.html"
    verbose_name_plural: Any = _("Earlier pictures")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PictureVersion]:
        """The versions that can be restored."""
        rows = super().get_queryset(request).filter(state=PictureVersion.State.PAST).exclude(picture="")
        return rows.select_related("since_by", "until_by")

    @property
    def media(self) -> Media:
        """As the base, and what the timeline needs."""
        names = ("avatars", "avatars-admin", "avatars-history")
        return super().media + Media(css={"all": [f"django_avatars/{name}.css" for name in names]})


@admin.register(PictureVersion)
class PictureVersionAdmin(ReadOnly, Base):
    """A list of all earlier pictures, without those that only moderators may see."""

    list_display: tuple[Any, ...] = (
        thumbnail,
        "content_type",
        "object_id",
        "state",
        "since",
        "since_by",
        "until",
        "until_by",
    )
    list_display_links: tuple[Any, ...] = ("content_type", "object_id")
    list_filter: ClassVar[tuple[Any, ...]] = (("content_type", admin.RelatedOnlyFieldListFilter),)
    list_select_related: ClassVar[tuple[Any, ...]] = ("content_type", "since_by", "until_by")
    search_fields: ClassVar[tuple[Any, ...]] = ("object_id",)
    exclude: ClassVar[tuple[Any, ...]] = ("picture", "alias")

    class Media:
        """Pictures are round here too, and never stand beside their initials."""

        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("django_avatars/avatars.css",)}

    def has_delete_permission(self, *args: Any, **kwargs: Any) -> bool:
        """Never."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[PictureVersion]:
        """The versions that everybody could see once."""
        state = PictureVersion.State
        return super().get_queryset(request).filter(state__in=[state.PAST, state.ERASING])

    def get_urls(self) -> list[URLPattern]:
        """As the base, and the button of the timeline."""
        view = self.admin_site.admin_view(require_POST(self.restore_view))
        return [path("<str:key>/restore/", view, name="avatars_history_restore"), *super().get_urls()]

    def restore_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show an earlier picture again. This needs the permission to change the row, as its admin has it."""
        version = keys.named(key).first()
        holder: Any = version.holder if version else None
        if version is None or holder is None:
            raise Http404
        place = _admin_of(holder, self.admin_site)
        if not _may_change(request, holder, place):
            raise PermissionDenied
        try:
            with acting_in(request):
                restored = verbs.restore(version, actor=request.user)
        except (PictureVersion.DoesNotExist, ValidationError) as exc:
            reason = exc.messages[0] if isinstance(exc, ValidationError) else gettext("This picture is gone.")
            self.message_user(request, reason, messages.ERROR)
        except StorageUnavailable as exc:
            self.message_user(request, intake.refuse(request, exc).text, messages.ERROR)
        else:
            said = str(WAITING) if waits(restored) else gettext("Picture restored.")
            staff.log(request.user, holder, said)
            self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(_page_of(holder, place, self.admin_site.name))


def _admin_of(holder: Any, site: admin.AdminSite) -> admin.ModelAdmin[Any] | None:
    """The admin of the row on this site, which may be that of a proxy; None where there is none."""
    kind = type(holder)
    proxies = [model for model in apps.get_models() if model._meta.concrete_model is kind and model is not kind]
    return next((site.get_model_admin(model) for model in (kind, *proxies) if site.is_registered(model)), None)


def _may_change(request: HttpRequest, holder: Any, place: admin.ModelAdmin[Any] | None) -> bool:
    """Whether the user of the request may change the row, which its admin may decide for each row."""
    if place is None:
        return request.user.has_perm(permission("change", holder))
    row = place.get_object(request, str(holder.pk))
    return row is not None and place.has_change_permission(request, row)


def _page_of(holder: Any, place: admin.ModelAdmin[Any] | None, site: str) -> str:
    """The page of the row; the index where this site has none."""
    if place is None:
        return reverse("admin:index", current_app=site)
    name = f"admin:{place.opts.app_label}_{place.opts.model_name}_change"
    return reverse(name, args=[quote(holder.pk)], current_app=site)
