"""
The pages for one's own picture, and the stable address of everybody's.

`EditAvatarView` and `RemoveAvatarView` are ``avatars:edit`` and ``avatars:remove``, and what a project
builds its own pages with. Whose picture it is comes from the session alone; no parameter names an owner. Everything
works without JavaScript, under a strict Content-Security-Policy, and says in its status what happened.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    UnreadablePostError,
)
from django.shortcuts import resolve_url
from django.template.loader import get_template, select_template
from django.urls import NoReverseMatch, reverse
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_safe
from django.views.generic import View

from . import choosing, gallery, images, intake, naming, private, public_ids, sending, targets, visibility
from .actors import acting_in
from .conf import get_settings
from .exceptions import WAITING, Busy, InvalidImage, StorageUnavailable
from .forms import TEXTS, AvatarForm
from .services import waits
from .signals import avatar_page
from .storages import sources, urls
from .targets import AvatarTarget, target_of

if TYPE_CHECKING:
    from django.core.files.base import File

IMAGE_AGE = 300
"""Seconds for which `avatars:image` may be cached: how long a replaced picture may still be seen there."""

READY_SIZE = 128
"""Pixels of a ready picture where it is chosen."""

PAGE_HEADER = "X-Avatars-Page"
"""Says to the picker's script that an answer is a page of ours, which it may read whatever the status is."""


class OwnPictureView(View):
    """
    What every page that changes one's own picture does: who asks, how often, how much, and where from.

    Subclass it, or hand these attributes to ``as_view()``.
    """

    http_method_names: list[str] = ["get", "head", "post"]  # noqa: RUF012 - Django's way
    template_name = ""
    """The page."""
    unavailable_template_name = "django_avatars/unavailable.html"
    """The page for 503: the storage did not answer."""
    limited_template_name = "django_avatars/limited.html"
    """The page for 429: too many changes."""
    edit_url: Any = "avatars:edit"
    """Where the form is sent, and where to try again: an address, or the name of one."""
    remove_url: Any = "avatars:remove"
    """Where removing is asked for."""
    success_url: Any = None
    """Where to go afterwards; None: `edit_url`. The parameter ``next`` goes before."""
    removed_message: Any = _("Picture removed.")
    """What is said when there is no picture any more. "" for nothing."""
    login_url: str | None = None
    """Where strangers are sent; None: ``LOGIN_URL``."""
    after_login: str | None = None
    """Where a stranger goes on after the log-in, as `success_url`; None: here."""
    throttle = True
    """Whether ``AVATARS["RATE_LIMIT"]`` holds."""
    reads_form: bool = False
    """Whether the form was read: not with 429, where reading it is what is refused, and not what cannot be read."""
    change: intake.Change
    """What can be done with the picture, while a form is handled."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """
        The view.

        It is `csrf_exempt`, and protected all the same: reading the token reads the upload, so the
        limit has to be there first.
        """
        return csrf_exempt(login_not_required(super().as_view(**initkwargs)))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer 405, the log-in, 429 or 503 where it has to be; else what the method answers."""
        if (request.method or "").lower() not in self.http_method_names:
            return self.http_method_not_allowed(request, *args, **kwargs)
        if not request.user.is_authenticated:
            return self.stranger()
        response = self._dispatch(request, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    def _dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return csrf_protect(super().dispatch)(request, *args, **kwargs)
        try:
            with intake.change(request, throttle=self.throttle) as self.change:
                self.read_form(request)
                return csrf_protect(super().dispatch)(request, *args, **kwargs)
        except intake.Problem as problem:
            return self.problem(problem)

    def read_form(self, request: HttpRequest) -> None:
        """Read the form, before anything is done. Raises one of `uploadhandlers.UNREADABLE`."""
        self.reads_form = False
        with suppress(UnreadablePostError):  # whoever has hung up sends no token either
            request.POST  # noqa: B018
        self.reads_form = True

    def stranger(self) -> HttpResponseBase:
        """Who is not logged in goes to the log-in."""
        here = self.request.get_full_path() if self.after_login is None else resolve_url(self.after_login)
        return redirect_to_login(here, self.login_url)

    def problem(self, problem: intake.Problem) -> HttpResponse:
        """The page that says what went wrong: for 429 and 503 when to try again, otherwise `refused`."""
        if problem.retry_after is None:
            return self.refused(problem)
        name = self.limited_template_name if problem.status == 429 else self.unavailable_template_name
        response = self.page(name, status=problem.status, error=problem)
        response.headers["Retry-After"] = str(problem.retry_after)
        return response

    def refused(self, problem: intake.Problem) -> HttpResponse:
        """The page again, with the reason: 400, 403 or 413."""
        return self.page(self.template_name, status=problem.status, error=problem)

    def removed(self) -> HttpResponse:
        """Leave the user without a picture; say so if there was one."""
        return self.done(self.removed_message if self.change.remove() else "")

    def done(self, message: str) -> HttpResponse:
        """Say `message`, and go on."""
        if message:
            messages.success(self.request, message, fail_silently=True)  # a host may do without messages
        return HttpResponseRedirect(self.destination())

    def destination(self) -> str:
        """Where to go afterwards."""
        return self.next_url() or self.address(self.success_url or self.edit_url)

    def address(self, to: Any, *args: Any) -> str:
        """The address that `to` names, within the namespace that this page was included under, or `to` itself."""
        match = self.request.resolver_match
        try:
            return reverse(to, args=args, current_app=match.namespace if match else None)
        except NoReverseMatch:
            return resolve_url(to, *args)

    def next_url(self) -> str:
        """Where the visitor wants to go afterwards, "" if that is not on this site. Never the Referer."""
        posted = self.request.POST.get("next") if self.reads_form else None
        target = posted or self.request.GET.get("next") or ""
        is_ours = url_has_allowed_host_and_scheme(
            target, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )
        return target if is_ours else ""

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """What templates get: `picture` (of one's own, or None), `next`, the addresses, and on the edit page `form`."""
        return {
            "picture": targets.own_picture_of(self.request.user),
            "next": self.next_url(),
            "edit_url": self.address(self.edit_url),
            "remove_url": self.address(self.remove_url),
            "sections": [
                *choosing.sections(self.request, self.address, self.destination()),
                *(html for _, html in avatar_page.send(type(self), request=self.request) if html),
            ],
            **context,
        }

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks, and for a part of a page."""
        return is_htmx(self.request) and not {"HX-Boosted", "HX-History-Restore-Request"} & self.request.headers.keys()

    def page(self, template_name: str, *, status: int = 200, **context: Any) -> HttpResponse:
        """
        The page, in the ``base.html`` of the project if there is one; for htmx the fragment alone.

        htmx shows nothing of an answer with another status than 200, so to htmx every page has that one.
        """
        template = get_template(template_name)
        bases = ["django_avatars/fragment.html"] if self.is_fragment else ["base.html", "django_avatars/page.html"]
        # The engine that found our page: a Jinja2 "base.html" is nothing that a Django template could extend.
        base = select_template(bases, using=template.backend.name)  # type: ignore[attr-defined]
        context = self.get_context_data(base_template=base, is_fragment=self.is_fragment, **context)
        status = 200 if is_htmx(self.request) else status
        response = HttpResponse(template.render(context, self.request), status=status)
        response.headers[PAGE_HEADER] = "1"
        patch_vary_headers(response, ["HX-Request"])
        return response


class EditAvatarView(OwnPictureView):
    """Show the form for one's own picture, and take a new one. 400, 413, 429 and 503 show what to do."""

    template_name = "django_avatars/edit.html"
    form_class = AvatarForm
    """The form; it gets `picture_field` and `target`."""
    saved_message: Any = _("Picture saved.")
    """What is said when there is a new picture. "" for nothing."""
    waiting_message: Any = WAITING
    """What is said when the new picture has to be approved first."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page."""
        return self.page(self.template_name, form=self.get_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A new picture, or none."""
        form = self.get_form(data=request.POST, files=request.FILES)
        if form.file_field in request.FILES:
            self.change.ask("set")
        if not form.is_valid():
            return self.invalid(form)
        file = form.cleaned_data[form.file_field]
        if not file:
            return self.removed()
        return self.set(file)

    def set(self, file: File[Any]) -> HttpResponse:
        """Make `file` the picture, and say so, or that it has to be approved first."""
        self.change.set(file)
        return self.done(self.waiting_message if waits(file) else self.saved_message)

    def get_form(self, **kwargs: Any) -> AvatarForm:
        """The form, with the picture that there is."""
        user = self.request.user
        initial = {self.form_class.file_field: targets.picture_of(user)}
        form = self.form_class(picture_field=targets.user_field().field, target=user, initial=initial, **kwargs)
        widget = form.fields[form.file_field].widget
        if self.is_fragment:
            widget.upload = False  # htmx sends the form
        if getattr(widget, "source_url", None):
            widget.source_url = self.address("avatars:source")
        return form

    def refused(self, problem: intake.Problem) -> HttpResponse:
        """The page again, with the reason beside the input."""
        form = self.get_form(data={}, files={})
        form.errors.clear()
        text = TEXTS["network"] if problem.code == "bad_request" else problem.text
        form.add_error(form.file_field, ValidationError(text, code=problem.code))
        return self.page(self.template_name, status=problem.status, form=form)

    def invalid(self, form: AvatarForm) -> HttpResponse:
        """The page again, with the errors of the form."""
        form.fields[form.file_field].widget.attrs["autofocus"] = True
        return self.page(self.template_name, status=self.change.refuse_form(form).status, form=form)


class ReadyPictureView(EditAvatarView):
    """One of the pictures of ``AVATARS["GALLERY"]``: GET leads to its file, POST makes it one's own."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead to the file, which is made for whoever looks first. 404 for no such one, 400 or 503 where that fails."""
        field = targets.user_field().field
        try:
            name = gallery.make(self._picture(kwargs["key"]), field)
        except (InvalidImage, StorageUnavailable, Busy) as exc:
            problem = intake.refuse(request, exc)
            return HttpResponse(status=problem.status, headers=problem.headers)
        response = HttpResponseRedirect(urls.url_for(field.storage, name, READY_SIZE))
        response.headers["Cache-Control"] = f"private, max-age={IMAGE_AGE}"
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Make it one's own."""
        self.change.choose(self._picture(kwargs["key"]))
        return self.done(self.saved_message)

    def _picture(self, key: str) -> gallery.ReadyPicture:
        found = gallery.find(key)
        if found is None:
            raise Http404
        return found


class LettersView(EditAvatarView):
    """Letters and a color become one's picture: POST alone, from a form of the edit page."""

    http_method_names: list[str] = ["post"]  # noqa: RUF012 - Django's way

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Draw them, or show the page again with what is wrong."""
        if not get_settings().letters:
            raise Http404
        form = choosing.LettersForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.refused(self.change.refuse_form(form))
        return self.set(form.picture())


class RemoveAvatarView(OwnPictureView):
    """Ask first, then leave the user without a picture. Removing what is not there is no error."""

    template_name = "django_avatars/confirm_remove.html"
    throttle = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The question, if there is something to remove."""
        if not targets.own_picture_of(request.user):
            return HttpResponseRedirect(self.destination())
        return self.page(self.template_name)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The answer."""
        return self.removed()


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks."""
    return request.headers.get("HX-Request") == "true"


@never_cache
@login_required
@require_safe
def source(request: HttpRequest) -> HttpResponse:
    """The whole picture that was kept of one's own, for another crop: 404 without one, 503 where the storage fails."""
    picture = targets.picture_of(request.user)
    parsed = naming.parse(picture.stored_name) if picture else None
    if picture is None or parsed is None or not parsed.has_source:
        raise Http404
    try:
        response = HttpResponse(sources.read(picture.storage, parsed), content_type="image/webp")
    except FileNotFoundError as exc:  # SECRET_KEY has changed since, without a fallback
        raise Http404 from exc
    except Exception as exc:  # whatever a storage raises
        failed = StorageUnavailable()
        failed.__cause__ = exc
        problem = intake.refuse(request, failed)
        return HttpResponse(status=problem.status, headers=problem.headers)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@login_not_required
@require_safe
def file(request: HttpRequest, name: str) -> HttpResponse:
    """
    A file of ``PRIVATE_STORAGE`` that a row shows, for whoever may see the picture; 404 for everybody else.

    503 where the storage fails.
    """
    with acting_in(request):
        target = private.find(name)
        if target is None or not private.may_see(target):
            raise Http404
        try:
            response = sending.send(target.storage, name)
        except StorageUnavailable as exc:
            problem = intake.refuse(request, exc)
            return HttpResponse(status=problem.status, headers=problem.headers)
    response.headers["Cache-Control"] = f"private, max-age={IMAGE_AGE}"
    return response


@login_not_required
@require_safe
def image(request: HttpRequest, public_id: str, size: int) -> HttpResponse:
    """
    The picture of the row behind `public_id`, for e-mail and other front ends.

    Redirects to the picture there is now, or answers initials: SVG, or with ``?format=png`` or
    ``webp`` what mail programs can show, round with ``?shape=round``. 404 for what is not ours and for sizes that
    are not declared.
    """
    row = public_ids.decode(public_id)
    format, shape = request.GET.get("format", "svg"), request.GET.get("shape", "square")
    is_known = row is not None or public_ids.is_nobody(public_id)
    if not is_known or format not in images.CONTENT_TYPES or shape not in images.SHAPES:
        raise Http404
    target = target_of(row)
    if size not in _declared_sizes(target):
        raise Http404
    version = public_ids.version_of(public_id)
    with acting_in(request):
        return kept_for_a_while(images.answer(request, target, size, format=format, shape=shape, version=version))


def kept_for_a_while(response: HttpResponse) -> HttpResponse:
    """`response`, which caches may keep: those of one browser alone, where who looks decides what is shown."""
    if visibility.is_restricted():
        patch_vary_headers(response, ["Cookie", "Authorization"])
        response.headers["Cache-Control"] = f"private, max-age={IMAGE_AGE}"
    else:
        response.headers["Cache-Control"] = f"public, max-age={IMAGE_AGE}"
    return response


def _declared_sizes(target: AvatarTarget) -> set[int]:
    own = target.field.option("sizes") if target.field else ()
    return {*get_settings().sizes, *own}
