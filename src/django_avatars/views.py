"""
The pages on which users change their own picture, and the URLs that serve pictures.

`EditAvatarView` and `RemoveAvatarView` are ``avatars:edit`` and ``avatars:remove``, and a project builds its own pages
with them. The session alone says whose picture is changed: no parameter names an owner. The pages work without
JavaScript and under a strict Content-Security-Policy, and their status says what happened.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    UnreadablePostError,
)
from django.shortcuts import resolve_url
from django.template.loader import get_template, select_template
from django.urls import NoReverseMatch, reverse
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import View

from . import (
    choosing,
    gallery,
    images,
    intake,
    naming,
    policy,
    private,
    public_ids,
    sending,
    targets,
    visibility,
)
from .actors import acting_in
from .conf import get_settings
from .exceptions import WAITING, Busy, InvalidImage, RateLimited, StorageUnavailable
from .fields import AvatarField
from .forms import TEXTS, AvatarForm
from .imaging.focus import EDGE
from .lifecycle.replace import waits
from .services import refusals
from .signals import avatar_page
from .storages import reading, sources, urls
from .targets import AvatarTarget, target_of
from .uploads import throttling

if TYPE_CHECKING:
    from django.core.files.base import File

IMAGE_AGE = 300
"""Seconds for which `avatars:image` may be cached. It may show a replaced picture for as long."""

MAX_COPY = 1024 * 1024
"""Bytes of the small copy in which `avatars:focus` looks for a face."""

READY_SIZE = 128
"""Side in pixels of a ready picture on the page where it is chosen."""

PAGE_HEADER = "X-Avatars-Page"
"""Header that tells the picker's script that a response is a page of ours, which it may read with any status."""


class OwnPictureView(View):
    """
    The base of every page on which users change their own picture.

    It asks for a log-in, limits the size of the request and how often there may be one, checks the CSRF token, and
    answers problems. Subclass it, or hand these attributes to ``as_view()``.
    """

    http_method_names: list[str] = ["get", "head", "post"]  # noqa: RUF012 - Django's way
    template_name = ""
    """The template of the page."""
    unavailable_template_name = "django_avatars/unavailable.html"
    """The template for 503: the storage did not answer."""
    limited_template_name = "django_avatars/limited.html"
    """The template for 429: too many changes."""
    edit_url: Any = "avatars:edit"
    """Where the form is sent, and where users can try again: a URL or the name of a URL pattern."""
    remove_url: Any = "avatars:remove"
    """The page that asks whether to remove the picture: a URL or the name of a URL pattern."""
    success_url: Any = None
    """Where to redirect after a change; None: `edit_url`. The parameter ``next`` takes precedence."""
    removed_message: Any = _("Picture removed.")
    """The message after the picture was removed. "" for none."""
    login_url: str | None = None
    """The log-in page; None: ``LOGIN_URL``."""
    after_login: str | None = None
    """Where users are redirected after the log-in: a URL or the name of a URL pattern; None: to this page."""
    throttle = True
    """Whether ``AVATARS["RATE_LIMIT"]`` applies."""
    is_form_read: bool = False
    """Whether the form was read, so that ``request.POST`` is available: not after a 429 or with a malformed form."""
    change: intake.Change
    """The change that is under way while a form is handled."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """
        The view, which checks the login and the CSRF token itself, instead of Django's middlewares.

        Django reads the whole upload to find the CSRF token, so the limit on its size has to be set before that.
        """
        return csrf_exempt(login_not_required(super().as_view(**initkwargs)))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Redirect visitors who are not logged in to the log-in page, and answer everybody else."""
        if (request.method or "").lower() not in self.http_method_names:
            return self.http_method_not_allowed(request, *args, **kwargs)
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        response = self._dispatch(request, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    def _dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check the CSRF token and call the method: for POST within `intake.change`, which limits and counts."""
        if request.method != "POST":
            with acting_in(request):
                return csrf_protect(super().dispatch)(request, *args, **kwargs)
        try:
            with intake.change(request, throttle=self.throttle) as self.change:
                with suppress(UnreadablePostError):  # the visitor has hung up, and reads no answer
                    request.POST  # noqa: B018 - here, so that what cannot be read is a problem and no error
                self.is_form_read = True
                return csrf_protect(super().dispatch)(request, *args, **kwargs)
        except intake.Problem as problem:
            with acting_in(request):
                return self.problem(problem)

    def handle_no_permission(self) -> HttpResponseBase:
        """Redirect a visitor who is not logged in to the log-in page."""
        here = self.request.get_full_path() if self.after_login is None else self.address(self.after_login)
        return redirect_to_login(here, self.login_url)

    def problem(self, problem: intake.Problem) -> HttpResponse:
        """Answer with the page that says what went wrong. For 429 and 503 it says when to try again."""
        if problem.retry_after is None:
            return self.refused(problem)
        self.refusals = policy.ALLOWED  # not asked: these pages have no buttons
        name = self.limited_template_name if problem.status == 429 else self.unavailable_template_name
        response = self.page(name, status=problem.status, error=problem)
        response.headers["Retry-After"] = str(problem.retry_after)
        return response

    def refused(self, problem: intake.Problem) -> HttpResponse:
        """Answer with the page and the reason: 400, 403 or 413."""
        return self.page(self.template_name, status=problem.status, error=problem)

    def remove(self) -> HttpResponse:
        """Remove the user's picture and redirect, with a message if there was one."""
        return self.done(self.removed_message if self.change.remove() else "")

    def done(self, message: str) -> HttpResponse:
        """Redirect to `destination`, where `message` is shown."""
        if message:
            messages.success(self.request, message, fail_silently=True)  # messages may not be installed
        return HttpResponseRedirect(self.destination())

    def destination(self) -> str:
        """The URL to redirect to after a change."""
        return self.next_url() or self.address(self.success_url or self.edit_url)

    def address(self, to: Any, *args: Any) -> str:
        """The URL of the pattern with the name `to`, in the namespace of this page. `to` may also be a URL."""
        match = self.request.resolver_match
        try:
            return reverse(to, args=args, current_app=match.namespace if match else None)
        except NoReverseMatch:
            return resolve_url(to, *args)

    def next_url(self) -> str:
        """The parameter ``next``, if it is a URL of this site, else "". The Referer header is never used."""
        posted = self.request.POST.get("next") if self.is_form_read else None
        target = posted or self.request.GET.get("next") or ""
        is_ours = url_has_allowed_host_and_scheme(
            target, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )
        return target if is_ours else ""

    @cached_property
    def refusals(self) -> policy.Refusals:
        """Why the user may not "set" or "remove" the picture, which the page then does not offer; "" if they may."""
        return refusals(self.request.user)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """
        The context of templates: `picture` (the user's own, or None), `next`, URLs, and `form` on the edit page.

        `refusals` says why the user may not "set" or "remove" the picture; each is "" if they may.
        """
        return {
            "picture": targets.own_picture_of(self.request.user),
            "refusals": self.refusals,
            "next": self.next_url(),
            "edit_url": self.address(self.edit_url),
            "remove_url": self.address(self.remove_url),
            **context,
        }

    @property
    def is_fragment(self) -> bool:
        """Whether htmx has sent the request, to get a part of a page and not a whole one."""
        return is_htmx(self.request) and not {"HX-Boosted", "HX-History-Restore-Request"} & self.request.headers.keys()

    def page(self, template_name: str, *, status: int = 200, **context: Any) -> HttpResponse:
        """
        Render the page, within ``base.html`` of the project if there is one. htmx gets the fragment alone.

        htmx shows only responses with the status 200, so that is the status of every page for htmx.
        """
        template = get_template(template_name)
        bases = ["django_avatars/fragment.html"] if self.is_fragment else ["base.html", "django_avatars/page.html"]
        # Only the engine that found our page is asked: a Django template cannot extend a "base.html" of Jinja2.
        base = select_template(bases, using=template.backend.name)  # type: ignore[attr-defined]
        context = self.get_context_data(base_template=base, is_fragment=self.is_fragment, **context)
        status = 200 if is_htmx(self.request) else status
        response = HttpResponse(template.render(context, self.request), status=status)
        response.headers[PAGE_HEADER] = "1"
        patch_vary_headers(response, ["HX-Request"])
        return response


class EditAvatarView(OwnPictureView):
    """Show the form for the user's own picture, and save a new one. The form says why a picture is refused."""

    template_name = "django_avatars/edit.html"
    form_class = AvatarForm
    """The form; it gets `picture_field` and `target`."""
    saved_message: Any = _("Picture saved.")
    """The message after a new picture was saved. "" for none."""
    waiting_message: Any = WAITING
    """The message when the new picture has to be approved first."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page with the form."""
        return self.form_page(self.get_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save the picture that the form brings, or remove the one there is."""
        form = self.get_form(data=request.POST, files=request.FILES)
        if form.file_field in request.FILES:
            self.change.ask("set")
        if not form.is_valid():
            return self.form_invalid(form)
        file = form.cleaned_data[form.file_field]
        if not file:
            return self.remove()
        return self.save(file)

    def save(self, file: File[Any]) -> HttpResponse:
        """Make `file` the user's picture and redirect, with a message that says whether it has to be approved."""
        self.change.set(file)
        return self.done(self.waiting_message if waits(file) else self.saved_message)

    def get_form(self, **kwargs: Any) -> AvatarForm:
        """The form, with the user's current picture as its initial value."""
        user = self.request.user
        initial = {self.form_class.file_field: targets.picture_of(user)}
        return self.form_class(picture_field=targets.user_field().field, target=user, initial=initial, **kwargs)

    def form_page(self, form: AvatarForm, *, status: int = 200) -> HttpResponse:
        """Render the page with `form` and the sections below it."""
        widget = form.fields[form.file_field].widget
        widget.refusals = self.refusals
        if self.is_fragment:
            widget.upload = False  # htmx sends the form
        if getattr(widget, "source_url", None):  # in the namespace of this page
            widget.source_url = self.address("avatars:source")
        return self.page(
            self.template_name, status=status, form=form, picture_input=form[form.file_field], sections=self.sections()
        )

    def sections(self) -> list[str]:
        """What is shown below the form, as safe HTML: answers to `avatar_page`, and what there is to choose from."""
        next = self.destination()
        told = {"request": self.request, "next": next, "refusals": self.refusals}
        answers = [html for _, html in avatar_page.send(type(self), **told) if html]
        return [*answers, *([] if self.refusals["set"] else choosing.sections(self.request, self.address, next))]

    def refused(self, problem: intake.Problem) -> HttpResponse:
        """Answer with the page and the reason beside the file input."""
        form = self.get_form(data={}, files={})
        form.errors.clear()
        # A form that cannot be read mostly comes from an upload that broke off.
        text = TEXTS["network"] if problem.code == "bad_request" else problem.text
        form.add_error(form.file_field, ValidationError(text, code=problem.code))
        return self.form_page(form, status=problem.status)

    def form_invalid(self, form: AvatarForm) -> HttpResponse:
        """Answer with the page and the errors of `form`."""
        form.fields[form.file_field].widget.attrs["autofocus"] = True
        return self.form_page(form, status=self.change.refuse_form(form).status)


class ChoiceView(EditAvatarView):
    """The base of views for what users choose on the edit page. After a log-in, they are redirected to that page."""

    def handle_no_permission(self) -> HttpResponseBase:
        """Redirect a visitor who is not logged in to the log-in page, and from there to `edit_url`."""
        self.after_login = self.after_login or self.edit_url
        return super().handle_no_permission()


class ReadyPictureView(ChoiceView):
    """A ready picture of ``AVATARS["GALLERY"]``: GET redirects to its file, POST makes it the user's picture."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirect to the file, which the first request makes. 404 for an unknown key, 400 or 503 if that fails."""
        field = targets.user_field().field
        try:
            name = gallery.make(self._picture(kwargs["key"]), field)
        except (InvalidImage, StorageUnavailable, Busy) as exc:
            return intake.answer(request, exc)
        response = HttpResponseRedirect(urls.url_for(field.storage, name, READY_SIZE))
        response.headers["Cache-Control"] = f"private, max-age={IMAGE_AGE}"
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Make it the user's picture."""
        self.change.choose(self._picture(kwargs["key"]))
        return self.done(self.saved_message)

    def _picture(self, key: str) -> gallery.ReadyPicture:
        found = gallery.find(key)
        if found is None:
            raise Http404
        return found


class LettersView(ChoiceView):
    """Draw letters on a color as the user's picture. Only POST is allowed, from a form on the edit page."""

    http_method_names: list[str] = ["post"]  # noqa: RUF012 - Django's way

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Draw and save the picture, or show the page with the reason."""
        if not get_settings().letters:
            raise Http404
        form = choosing.LettersForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.refused(self.change.refuse_form(form))
        return self.save(form.picture())


class ConnectedPictureView(ChoiceView):
    """Fetch the user's picture from another service and save it. Only POST is allowed, from a form on the edit page."""

    http_method_names: list[str] = ["post"]  # noqa: RUF012 - Django's way

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Fetch and save the picture, or show the page with the reason. 404 if the user has none of this key."""
        if not get_settings().connected:
            raise Http404
        from . import connected  # needs httpx, which is optional

        picture = connected.find(request.user, kwargs["key"])
        if picture is None:
            raise Http404
        self.change.ask("set")
        with throttling.counted(picture=0):  # only a fetch that fails: the picture counts once it is decoded
            file = connected.read(picture)
        return self.save(file)


class RemoveAvatarView(OwnPictureView):
    """Ask whether to remove the user's picture (GET), and remove it (POST). Without a picture, it redirects."""

    template_name = "django_avatars/confirm_remove.html"
    throttle = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the question, or redirect if there is no picture to remove."""
        if not targets.own_picture_of(request.user):
            return HttpResponseRedirect(self.destination())
        return self.page(self.template_name)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Remove the picture."""
        return self.remove()


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx has sent the request."""
    return request.headers.get("HX-Request") == "true"


@never_cache
@login_required
@require_safe
def source(request: HttpRequest) -> HttpResponse:
    """
    The uncropped source that ``KEEP_SOURCE`` keeps of the user's own picture, for another crop.

    404 if there is none, and 503 if the storage fails.
    """
    picture = targets.picture_of(request.user)
    parsed = naming.parse(picture.stored_name) if picture else None
    if picture is None or parsed is None or not parsed.has_source:
        raise Http404
    try:
        with reading():
            response = HttpResponse(sources.read(picture.storage, parsed), content_type="image/webp")
    except FileNotFoundError as exc:  # its address is derived from SECRET_KEY, which has changed without a fallback
        raise Http404 from exc
    except StorageUnavailable as exc:
        return intake.answer(request, exc)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@login_not_required
@csrf_protect
@require_POST
def focus(request: HttpRequest) -> HttpResponse:
    """
    Where the picker places a new picture: the point that ``AVATARS["FOCUS"]`` finds in a small copy of it.

    The body is the copy, as a JPEG, which is not stored. Answers ``{"x": …, "y": …}``, fractions of width and height;
    403 for a visitor who is not logged in, 400 or 413 for anything but a small JPEG, 429 for one who asks more often
    than ``AVATARS["RATE_LIMIT"]`` allows, and 503 if memory is short.
    """
    if not request.user.is_authenticated:
        raise PermissionDenied
    field = AvatarField(sizes=(EDGE,), input_formats=("JPEG",), max_bytes=MAX_COPY, min_size=1)
    try:
        if (wait := throttling.wait_for(request, "focus")) > 0:
            raise RateLimited(math.ceil(wait))
        x, y = field.find_center(ContentFile(request.read(MAX_COPY + 1)))
    except UnreadablePostError:  # the visitor has hung up
        return HttpResponseBadRequest()
    except (InvalidImage, RateLimited, Busy) as exc:
        return intake.answer(request, exc)
    return JsonResponse({"x": x, "y": y})


@login_not_required
@require_safe
def file(request: HttpRequest, name: str) -> HttpResponse:
    """
    A file of ``PRIVATE_STORAGE``, for everybody who may see the picture that it belongs to.

    404 for everybody else, and if no row has such a picture; 503 if the storage fails.
    """
    with acting_in(request):
        target = private.find(name)
        if target is None or not private.may_see(target):
            raise Http404
        try:
            response = sending.send(target.storage, name)
        except StorageUnavailable as exc:
            return intake.answer(request, exc)
    age = sending.REDIRECT_AGE if isinstance(response, HttpResponseRedirect) else IMAGE_AGE
    response.headers["Cache-Control"] = f"private, max-age={age}"
    return response


@login_not_required
@require_safe
def image(request: HttpRequest, public_id: str, size: int) -> HttpResponse:
    """
    The picture of the row behind `public_id`, for e-mail and other front ends.

    Redirects to the current picture. Without one, answers initials: as SVG, or with ``?format=png`` or
    ``?format=webp``, which mail programs can show; and round with ``?shape=round``. 404 for an unknown `public_id`,
    format or shape, and for a `size` that neither the settings nor the field have.
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
    """Let caches keep `response` for `IMAGE_AGE`: with ``AVATARS["VISIBLE"]``, only that of the browser."""
    if visibility.is_restricted():
        patch_vary_headers(response, ["Cookie", "Authorization"])
        response.headers["Cache-Control"] = f"private, max-age={IMAGE_AGE}"
    else:
        response.headers["Cache-Control"] = f"public, max-age={IMAGE_AGE}"
    return response


def _declared_sizes(target: AvatarTarget) -> set[int]:
    """The sizes of the settings and those of the field, in pixels."""
    own = target.field.option("sizes") if target.field else ()
    return {*get_settings().sizes, *own}
