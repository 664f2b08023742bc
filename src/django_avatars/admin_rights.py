"""
Answering people's requests from a list in the admin: a copy of their pictures, and forgetting them.

::

    @admin.register(User)
    class PersonAdmin(PrivacyAdminMixin, AvatarAdminMixin, UserAdmin):
        pass
"""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zipfile import ZipFile

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from . import privacy, querysets
from .exceptions import UNAVAILABLE
from .targets import target_of, user_model

logger: logging.Logger = logging.getLogger("django_avatars")

if TYPE_CHECKING:
    from django.db import models

    Base = admin.ModelAdmin[Any]
else:
    Base = object


class PrivacyAdminMixin(Base):
    """
    For the `ModelAdmin` of users, or of a model with their pictures: actions that export and erase them.

    Both need the permission to delete the rows, and erasing is written to the log; see `django_avatars.privacy`.
    """

    def __init__(self, model: type[models.Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.actions: Any = list(dict.fromkeys([*(self.actions or ()), "export_avatars", "erase_avatars"]))

    @admin.action(description=_("Export pictures of selected %(verbose_name_plural)s"), permissions=["delete"])
    def export_avatars(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
        """Answer with a ZIP file that has one of `privacy.export` for each person, or say that a storage fails."""
        people = self._people(request, queryset)
        try:
            content = _exported(people)
        except Exception:  # whatever a storage raises
            logger.exception("Pictures could not be exported")
            self.message_user(request, UNAVAILABLE, messages.ERROR)
            return None
        disposition = {"Content-Disposition": 'attachment; filename="pictures.zip"', "Cache-Control": "no-store"}
        return HttpResponse(content, content_type="application/zip", headers=disposition)

    @admin.action(description=_("Erase pictures of selected %(verbose_name_plural)s"), permissions=["delete"])
    def erase_avatars(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
        """Ask, and then forget the pictures of every selected person."""
        people = self._people(request, queryset)
        if "post" in request.POST:
            reports = [self._erase(request, row, person) for row, person in people]
            count = sum(len(report.deleted) + len(report.kept) for report in reports)
            text = ngettext("%(count)d picture was removed.", "%(count)d pictures were removed.", count)
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Delete for good"),
            "opts": self.opts,
            "media": self.media,
            "rows": [row for row, _person in people],
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "django_avatars/admin/confirm_erase.html", context)

    def _people(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> list[tuple[models.Model, Any]]:
        """See the function. Django has asked for the model alone, and not for each row."""
        found = _people(queryset)
        if not all(self.has_delete_permission(request, row) for row, _person in found):
            raise PermissionDenied
        return found

    def _erase(self, request: HttpRequest, row: models.Model, person: Any) -> privacy.Report:
        report = privacy.erase(person, actor=request.user)
        if report.failed:
            self.message_user(request, f"{row}: {UNAVAILABLE}", messages.ERROR)
        self.log_change(request, row, [{"deleted": {"name": "pictures", "object": str(row)}}])
        return report


def _exported(people: list[tuple[models.Model, Any]]) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for row, person in people:
            with archive.open(f"{quote(str(row.pk), safe='')}.zip", "w") as one:
                privacy.export(person, one)
    return file.getvalue()


def _people(queryset: models.QuerySet[Any]) -> list[tuple[models.Model, Any]]:
    """The rows that belong to a user, and the user."""
    rows = list(queryset)
    querysets.load(rows)
    found = [(row, target_of(row).person) for row in rows]
    return [(row, person) for row, person in found if isinstance(person, user_model())]
