"""Views for the buttons on the edit page with which users restore or delete their earlier pictures. All take POST."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from ..exceptions import WAITING
from ..lifecycle.replace import waits
from ..views import OwnPictureView
from . import verbs
from .models import PictureVersion


class EarlierPictureView(OwnPictureView):
    """The base of these views, which redirects to the edit page. 404 for a picture that is not the user's, or gone."""

    http_method_names: list[str] = ["post"]  # noqa: RUF012 - Django's way
    template_name = "django_avatars/limited.html"
    message: Any = ""
    """The message after it was done."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Call `act`, and redirect with `message` if there was anything to do."""
        try:
            done = self.act(request, **kwargs)
        except PictureVersion.DoesNotExist as exc:
            raise Http404 from exc
        message: Any = WAITING if waits(done) else self.message
        return self.done(message if done else "")

    def act(self, request: HttpRequest, **kwargs: Any) -> Any:
        """What the button does. Returns the row, or True, if there was anything to do."""
        raise NotImplementedError


class UndoView(EarlierPictureView):
    """Take back the last change."""

    message: Any = _("Your last change was undone.")

    def act(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Undo."""
        row, field = verbs.located(request.user, None)
        return row if row is not None and verbs.undo(row, field, actor=request.user) else None


class RestoreView(EarlierPictureView):
    """Show an earlier picture again."""

    message: Any = _("Picture restored.")

    def act(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Restore."""
        return verbs.restore(verbs.versions(request.user).get(pk=kwargs["pk"]), actor=request.user)


class DeleteView(EarlierPictureView):
    """Delete an earlier picture for good."""

    throttle = False
    message: Any = _("The earlier picture was deleted for good.")

    def act(self, request: HttpRequest, **kwargs: Any) -> bool:
        """Delete."""
        verbs.delete(verbs.versions(request.user).get(pk=kwargs["pk"]))
        return True


class RemoveForGoodView(EarlierPictureView):
    """Remove the picture that is shown, and keep nothing of it."""

    throttle = False
    message: Any = _("Your picture was deleted for good.")

    def act(self, request: HttpRequest, **kwargs: Any) -> bool:
        """Remove and forget."""
        return verbs.remove_for_good(request.user, actor=request.user)
