"""The views of the API for moderators in Django REST framework."""

from __future__ import annotations

from typing import IO, Any

from django.utils.cache import add_never_cache_headers
from rest_framework import status
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from .. import intake
from ..contrib.rest_framework import AvatarUploadMixin
from ..contrib.rest_framework.exceptions import PictureProblem
from ..uploads.uploadhandlers import read_json
from . import api


class DecisionProblem(PictureProblem):
    """A `Problem` with its code in the body."""

    def __init__(self, problem: intake.Problem) -> None:
        super().__init__(problem)
        self.detail: Any = {"detail": problem.text, "code": problem.code}


class DecisionParser(BaseParser):
    """The JSON object of a decision, as the other API reads it."""

    media_type: str = JSONParser.media_type

    def parse(self, stream: IO[Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Raises a `ValidationError` with the code "bad_request" for anything else."""
        return intake.json_object(read_json(stream, max_bytes=0) or b"")


class ModeratorView(AvatarUploadMixin, APIView):
    """What every view here does. Nothing that is answered is for a cache."""

    parser_classes: tuple[type[Any], ...] = (DecisionParser,)
    permission_classes: tuple[type[Any], ...] = (IsAuthenticated,)

    def takes_pictures(self) -> bool:
        """Decisions alone."""
        return False

    def handle_exception(self, exc: Exception) -> Response:
        """As the base, with the codes of our problems."""
        problem = intake.refuse(self.request._request, exc)
        return super().handle_exception(exc if problem is None else DecisionProblem(problem))

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        """As the base; no cache keeps it."""
        response = super().finalize_response(*args, **kwargs)
        add_never_cache_headers(response)
        return response


class QueueView(ModeratorView):
    """GET: what waits."""

    def get(self, request: Any, **kwargs: Any) -> Response:
        """List the pictures that wait, the oldest first."""
        space = f"{request.resolver_match.namespace}:picture"

        def address(pk: str, size: int) -> str:
            return reverse(space, args=[pk, size])

        return Response(
            api.queue(request.user, request.query_params.get("after", ""), address, request.build_absolute_uri)
        )


class PictureView(ModeratorView):
    """GET: the file of a picture that waits."""

    def get(self, request: Any, *, pk: str, size: str, **kwargs: Any) -> Any:
        """Show a picture that waits."""
        return api.picture(request, pk, size)


class ApproveView(ModeratorView):
    """POST: show it."""

    def post(self, request: Any, *, pk: str, **kwargs: Any) -> Response:
        """Approve a picture."""
        api.approve(request.user, pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RejectView(ModeratorView):
    """POST: do not show it."""

    def post(self, request: Any, *, pk: str, **kwargs: Any) -> Response:
        """Reject a picture, with the reason that its owner reads."""
        api.reject(request.user, pk, request.data)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TakeDownView(ModeratorView):
    """POST: take down what is shown."""

    def post(self, request: Any, *, pk: str, **kwargs: Any) -> Response:
        """Take down the picture of a user, with the reason that they read."""
        api.take_down(request.user, pk, request.data)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LockView(ModeratorView):
    """PUT: lock. DELETE: unlock."""

    def put(self, request: Any, *, pk: str, **kwargs: Any) -> Response:
        """Let a user not change their picture, until a date or for good."""
        return Response(api.lock(request.user, pk, request.data))

    def delete(self, request: Any, *, pk: str, **kwargs: Any) -> Response:
        """End the lock of a user. It is no error if there is none."""
        api.unlock(request.user, pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
