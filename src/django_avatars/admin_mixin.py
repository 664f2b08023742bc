"""
Pictures in Django's admin: seen in lists and forms, removed one by one or many at once.

::

    @admin.register(UserProfile)
    class UserProfileAdmin(AvatarAdminMixin, admin.ModelAdmin):
        list_display = ["avatar_thumbnail", "user"]
        list_display_links = ["user"]
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import flatten_fieldsets, quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import select_template
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from . import intake, querysets, rendering, services, visibility
from .actors import acting_in
from .exceptions import Busy, NotAllowed, StorageUnavailable
from .forms import AvatarFormField
from .targets import AvatarTarget, target_of

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList
    from django.utils.safestring import SafeString

    Base = admin.ModelAdmin[Any]
else:
    Base = object

LISTED = 100
"""How many pictures a confirmation page shows; of the rest it tells the number."""


class AvatarAdminMixin(Base):
    """
    For the `ModelAdmin` of a model with an AvatarField, or of the user model wherever the picture is.

    Put it before `ModelAdmin`. ``avatar_thumbnail`` is a column for ``list_display``,
    ``avatar_preview`` a read-only field; it is shown by itself where the form has no other picture.
    Removing needs the change permission, and is written to the log. Before an inline, it gives the two to show.
    """

    avatar_field: str | None = None
    """Name of the AvatarField to show, for a model with several. None: the first; for users, their picture."""
    change_form_template: ClassVar[Any] = "django_avatars/admin/change_form.html"

    def __init__(self, model: type[models.Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        actions = getattr(self, "actions", None)  # an inline has none
        if actions is not None:
            self.actions: Any = list(dict.fromkeys([*actions, "remove_avatars"]))

    @property
    def media(self) -> Media:
        """As the base, and what lists and previews need."""
        return super().media + Media(css={"all": ["django_avatars/avatars.css", "django_avatars/avatars-admin.css"]})

    @admin.display(description=_("Picture"))
    def avatar_thumbnail(self, obj: models.Model) -> SafeString:
        """A small picture, for ``list_display``. Lists load what it needs in one query for all rows."""
        return rendering.avatar(self._shown(obj), 32)

    @admin.display(description=_("Picture"))
    def avatar_preview(self, obj: models.Model) -> SafeString:
        """A larger picture, for ``readonly_fields``."""
        return rendering.avatar(self._shown(obj), 96)

    @admin.action(description=_("Remove pictures of selected %(verbose_name_plural)s"), permissions=["change"])
    def remove_avatars(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
        """Ask, and then leave every selected row without a picture."""
        selected = list(queryset)
        rows = self._with_avatars(selected)
        if not rows:
            self.message_user(request, gettext("None of the selected has a picture."), messages.WARNING)
            return None
        return self._confirm_or_remove(request, rows, selected=len(selected))

    def remove_avatar_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and then leave one row without a picture."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):  # or the answer would tell whether there is a picture
            raise PermissionDenied
        back = self._change_url(request, row)
        if not self._with_avatars([row]):
            return HttpResponseRedirect(back)
        return self._confirm_or_remove(request, [row], back=back) or HttpResponseRedirect(back)

    def get_urls(self) -> list[URLPattern]:
        """As the base, and the page that removes one picture."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_remove_avatar"
        view = self.admin_site.admin_view(self.remove_avatar_view)
        return [path("<path:object_id>/remove-avatar/", view, name=name), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """As the base, and the preview where the form has no other picture."""
        fields = super().get_readonly_fields(request, obj)
        return list(dict.fromkeys([*fields, "avatar_preview"])) if self._needs_preview(request, obj) else fields

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """As the base, and the preview where the form has no other picture and no place for it."""
        fieldsets = super().get_fieldsets(request, obj)
        if self._needs_preview(request, obj) and "avatar_preview" not in flatten_fieldsets(fieldsets):
            return [*fieldsets[:1], (_("Profile picture"), {"fields": ["avatar_preview"]}), *fieldsets[1:]]
        return fieldsets

    def get_form(
        self, request: HttpRequest, obj: models.Model | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """As the base; a row that is saved as a new one starts with the pictures that were shown of the first."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        original = None if change else self._copied(request)
        if original is None:
            return form
        copied = type(form)(form.__name__, (form,), {})  # the class may be the project's, for every request
        copied.base_fields = form.base_fields | {
            name: _starting_with(getattr(original, name), field)
            for name, field in form.base_fields.items()
            if isinstance(field, AvatarFormField)
            and not field.picture_field.unique
            and visibility.may_see(target_of(getattr(original, name)))
        }
        return copied

    def _copied(self, request: HttpRequest) -> models.Model | None:
        """The row that the form was opened for, where ``save_as`` makes another one of it."""
        match = request.resolver_match
        key = match.kwargs.get("object_id") if self.save_as and match and "_saveasnew" in request.POST else None
        original = self.get_object(request, unquote(key)) if key is not None else None
        may_see = original is not None and self.has_view_or_change_permission(request, original)
        return original if may_see else None

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """As the base, with what the thumbnails need loaded in one query."""
        changelist = super().get_changelist_instance(request)
        if "avatar_thumbnail" in changelist.list_display:
            querysets.load(changelist.result_list)
        return changelist

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """As the base; a storage that fails is a page that says so, with status 503, and nothing is changed."""
        return self._answered(request, partial(super().changeform_view, request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """As the base, and as `changeform_view`: pictures are changed here too where they are in ``list_editable``."""
        return self._answered(request, partial(super().changelist_view, request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """As the base; signals and the log are told who has deleted the picture with the row."""
        return self._answered(request, partial(super().delete_view, request, *args, **kwargs))

    def _answered(self, request: HttpRequest, view: Callable[[], Any]) -> Any:
        try:
            with acting_in(request):
                return view()
        except (StorageUnavailable, Busy) as exc:
            problem = intake.refuse(request, exc)
            context = {**self._context(request), "title": gettext("The picture could not be saved"), "error": problem}
            page = TemplateResponse(request, "django_avatars/admin/unavailable.html", context, status=problem.status)
            page.headers["Retry-After"] = str(problem.retry_after)
            return page

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """As the base, and a button that removes the picture of a row that has one."""
        row = context.get("original")
        names = (f"admin/{self.opts.app_label}/{self.opts.model_name}/", f"admin/{self.opts.app_label}/", "admin/")
        context["avatar_base_template"] = select_template([f"{name}change_form.html" for name in names])
        if row is not None and self.has_change_permission(request, row) and self._with_avatars([row]):
            context["remove_avatar_url"] = self._url("remove_avatar", row)
        if row is not None:
            context["avatar_holder_url"] = self._holder_url(request, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def _confirm_or_remove(
        self, request: HttpRequest, rows: Sequence[models.Model], *, back: str | None = None, selected: int = 1
    ) -> HttpResponse | None:
        if not all(self.has_change_permission(request, row) for row in rows):
            raise PermissionDenied
        if request.POST.get("post"):
            self._remove(request, rows)
            return None
        context = {
            **self._context(request),
            "title": ngettext("Remove the picture?", "Remove %(count)d pictures?", len(rows)) % {"count": len(rows)},
            "shown": [(row, self._shown(row), self._username(row)) for row in rows[:LISTED]],
            "more": len(rows[LISTED:]),
            "rows": rows,
            "selected": selected,
            "back": back or self._url("changelist"),
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "django_avatars/admin/confirm_remove.html", context)

    def _remove(self, request: HttpRequest, rows: Sequence[models.Model]) -> None:
        removed = [row for row in rows if self._remove_one(request, row)]
        if removed:
            text = ngettext("%(count)d picture was removed.", "%(count)d pictures were removed.", len(removed))
            self.message_user(request, text % {"count": len(removed)}, messages.SUCCESS)

    def _remove_one(self, request: HttpRequest, row: models.Model) -> bool:
        """Whether it could be removed; what the policy has to say against it is a message."""
        target = self._subject(row)
        assert target.holder is not None  # or it would have no picture
        assert target.field is not None
        try:
            with acting_in(request):
                services.remove_picture(target.holder, field=target.field, actor=request.user)
        except NotAllowed as exc:
            intake.refuse(request, exc, whose=target.holder)
            self.message_user(request, f"{row}: {exc.messages[0]}", messages.ERROR)
            return False
        with translation.override(None):  # the log is translated when it is read
            name = capfirst(str(target.field.verbose_name))
        self.log_change(request, row, [{"changed": {"fields": [name]}}])
        return True

    def _subject(self, obj: models.Model) -> AvatarTarget:
        return target_of(self._shown(obj))

    def _username(self, row: models.Model) -> str:
        """What the person behind `row` is called, where the row is not that person and does not say so itself."""
        person = self._subject(row).person
        name = str(person.get_username()) if hasattr(person, "get_username") else ""
        return name if name not in str(row) else ""

    def _shown(self, obj: models.Model) -> Any:
        return getattr(obj, self.avatar_field) if self.avatar_field else obj

    def _with_avatars(self, rows: Iterable[models.Model]) -> list[models.Model]:
        """Those of `rows` that have a picture of their own, and not just the field's default."""
        loaded = list(rows)
        querysets.load(loaded)
        return [row for row in loaded if _has_own(self._subject(row))]

    def _needs_preview(self, request: HttpRequest, obj: models.Model | None) -> bool:
        if obj is None or isinstance(self, InlineModelAdmin):  # an inline is asked about the row that it stands under
            return False
        return self._subject(obj).holder is not obj or not self.has_change_permission(request, obj)

    def _holder_url(self, request: HttpRequest, row: models.Model) -> str | None:
        """The page of the other row that holds the picture of `row`, for those who may see it."""
        holder = self._subject(row).holder
        if holder is None or holder is row or not self.admin_site.is_registered(type(holder)):
            return None
        if not self.admin_site.get_model_admin(type(holder)).has_view_permission(request, holder):
            return None
        name = f"admin:{holder._meta.app_label}_{holder._meta.model_name}_change"
        return reverse(name, args=[quote(holder.pk)], current_app=self.admin_site.name)

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        return {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}

    def _change_url(self, request: HttpRequest, row: models.Model) -> str:
        filters: dict[str, Any] = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return add_preserved_filters(filters, self._url("change", row))

    def _url(self, page: str, row: models.Model | None = None) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=[quote(row.pk)] if row else [], current_app=self.admin_site.name)


def _starting_with(picture: Any, field: AvatarFormField) -> AvatarFormField:
    field = copy.copy(field)
    field.initial = picture
    return field


def _has_own(target: AvatarTarget) -> bool:
    return target.field is not None and target.field.is_own(target.stored_name)


class HasPictureFilter(admin.SimpleListFilter):
    """For ``list_filter``: rows with a picture of their own, and those without."""

    title: Any = _("picture")
    parameter_name: str = "has_picture"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        """With and without. The field is the one that `AvatarAdminMixin` shows."""
        self.field: str | None = getattr(model_admin, "avatar_field", None)
        return [("yes", _("With picture")), ("no", _("Without picture"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Those that were asked for."""
        narrow = {"yes": querysets.with_picture, "no": querysets.without_picture}.get(self.value() or "")
        return narrow(queryset, self.field) if narrow else queryset
