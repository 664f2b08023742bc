"""The pages of django-avatar, and the address of a picture that stands in mails of earlier days."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import select_template
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from ... import rendering, targets, visibility
from ...actors import acting_in
from ...conf import get_settings
from ...views import EditAvatarView, OwnPictureView, RemoveAvatarView, kept_for_a_while
from . import conf
from .people import avatar_of, find


class OldPage(OwnPictureView):
    """One of our pages at an old address, with the template that the project wrote for it, where there is one."""

    edit_url = "avatar:add"
    remove_url = "avatar:delete"
    page_name = ""
    """Its name in the settings of django-avatar."""
    old_template_name = ""
    """The template of django-avatar that a project may have written anew."""

    def page(self, template_name: str, **options: Any) -> HttpResponse:
        """As the base; with the project's own template, for which the old names of variables are there."""
        if template_name == self.template_name:
            template_name = self._own_template() or template_name
        return super().page(template_name, **options)

    def _own_template(self) -> str | None:
        names = [conf.template(self.page_name), None if apps.is_installed("avatar") else self.old_template_name]
        found: Any = select_template([*filter(None, names), self.template_name])
        return str(found.template.name)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """What old templates ask for, beside what ours do."""
        avatar = avatar_of(self.request.user)
        avatars = [avatar] if avatar else []
        old = {"avatar": avatar, "avatars": avatars, "upload_avatar_form": context.get("form")}
        return {**old, **super().get_context_data(**context), **self._frame(**context)}

    def _frame(self, *, base_template: Any, **context: Any) -> dict[str, Any]:
        """What stands around the page: ``avatar/base.html``, which the project may have written, but no fragment."""
        is_left = self.is_fragment or apps.is_installed("avatar")  # which has one of its own
        return {"frame": base_template, "base_template": base_template if is_left else "avatar/base.html"}


class AddView(OldPage, EditAvatarView):
    """`avatar:add`."""

    page_name = "add"
    old_template_name = "avatar/add.html"


class ChangeView(OldPage, EditAvatarView):
    """`avatar:change`: the same page, since there is one picture a user."""

    page_name = "change"
    old_template_name = "avatar/change.html"


class DeleteView(OldPage, RemoveAvatarView):
    """`avatar:delete`."""

    page_name = "delete"
    old_template_name = "avatar/confirm_delete.html"


@login_not_required
@require_safe
def render_primary(request: HttpRequest, user: str, width: int, height: int | None = None) -> HttpResponse:
    """
    Redirect to the picture that the user with this key or username has uploaded; to that of nobody without one.

    As PNG for programs that do not say they show WebP, as those of e-mail, and to whoever may not see it
    (``AVATARS["VISIBLE"]``). 404 for sizes that nobody declared. 0 is ``AVATAR_DEFAULT_SIZE``.
    """
    sides = {width or conf.default_size(), (width if height is None else height) or conf.default_size()}
    if not sides <= _declared():
        raise Http404
    avatar = avatar_of(find(user))
    stable = rendering.image_url(avatar.user if avatar else None, max(sides))
    with acting_in(request):
        is_seen = avatar is not None and visibility.may_see(targets.target_of(avatar.user))
    if avatar and is_seen and (stable is None or "image/webp" in request.headers.get("Accept", "")):
        address = avatar.avatar_url(max(sides))
    elif stable:
        address = f"{stable}?format=png"
    else:  # django_avatars.urls is not included, so there is no address of nobody, or of initials
        raise Http404
    response = kept_for_a_while(HttpResponseRedirect(address))
    patch_vary_headers(response, ["Accept"])
    return response


def _declared() -> set[int]:
    return {*get_settings().sizes, *targets.user_field().field.option("sizes"), *conf.sizes()}
