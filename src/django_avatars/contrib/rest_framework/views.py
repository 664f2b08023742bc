"""One's own picture: a view, a mixin for viewsets, and what every view that takes a picture does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import exceptions, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from ... import intake, staff, targets
from ...actors import acting_in
from ...lifecycle.replace import waits
from ...uploads.uploadhandlers import limit_upload
from .exceptions import PictureProblem, TooLarge, is_about_size
from .fields import AvatarSerializerField
from .parsers import AvatarJSONParser
from .throttling import AvatarThrottle

if TYPE_CHECKING:
    from django.db import models

    from ...fields import AvatarField

    Base = APIView
else:
    Base = object


class AvatarSerializer(serializers.Serializer[Any]):
    """One's own picture: ``{"avatar": …}`` in and out."""

    avatar: AvatarSerializerField = AvatarSerializerField(required=True)


class AvatarUploadMixin(Base):
    """
    For any view of REST framework that takes a picture; before `APIView` among the bases.

    Uploads stop at the limit of the picture; a second file is refused with 400.
    A storage that does not answer is 503 with Retry-After, and what the policy refuses is 403. Signals and the log
    are told who ``request.user`` is.
    """

    avatar_field: AvatarField | None = None
    """Whose limit holds; None: that of the picture of a user."""
    avatar_name: str | None = None
    """Name of the picture in the body, for errors of `AvatarJSONParser`. None: "avatar"."""

    def takes_pictures(self) -> bool:
        """Whether this request may upload one."""
        return True

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """As the base, with the limit in place before anything reads the body."""
        made = super().initialize_request(request, *args, **kwargs)
        if self.takes_pictures():
            field = self.avatar_field or targets.user_field().field
            limit_upload(request, max_bytes=field.limits()["max_bytes"])
        return made

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """As the base; ``request.user`` acts."""
        with acting_in(request):
            return super().dispatch(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        """As the base, with what our parts raise as REST framework says it."""
        # The request of Django: that of REST framework would authenticate once more where the body cannot be read.
        problem = intake.refuse(self.request._request, exc)
        return super().handle_exception(exc if problem is None else PictureProblem(problem))


class OwnAvatarMixin(AvatarUploadMixin):
    """What can be done with one's own picture. Who that is says ``request.user``, and nothing else does."""

    avatar_name: str = "avatar"
    avatar_owner: models.Model | None = None
    """Whose picture it is. None: that of ``request.user``."""

    def show_avatar(self) -> Response:
        """200, with everything there is to show."""
        whose = self.avatar_owner or self.request.user
        serializer = AvatarSerializer({"avatar": whose}, context={"request": self.request, "view": self})
        return Response(serializer.data)

    def set_avatar(self) -> Response:
        """200, with everything to show now; 202 where the picture has to be approved. ``null`` removes it."""
        self._require_person()
        with intake.change(self.request, holder=self.avatar_owner, throttle=False) as change:
            serializer = AvatarSerializer(data=self.request.data, context={"request": self.request, "view": self})
            serializer.is_valid(raise_exception=True)
            if file := serializer.validated_data["avatar"]:
                change.set(file)
            else:
                change.remove()
        response = self.show_avatar()
        if file and waits(file):
            response.status_code = status.HTTP_202_ACCEPTED
        return response

    def remove_avatar(self) -> Response:
        """204, also where there was none."""
        self._require_person()
        with intake.change(self.request, holder=self.avatar_owner, throttle=False) as change:
            change.remove()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _require_person(self) -> None:
        """However open the permissions are: a stranger has no picture to change. 401 or 403, as for any view."""
        if not self.request.user.is_authenticated:
            self.permission_denied(self.request)

    def handle_exception(self, exc: Exception) -> Response:
        """As the base; a picture that is too large is 413."""
        if isinstance(exc, exceptions.ValidationError) and is_about_size(exc.detail):
            exc = TooLarge(exc.detail)
        return super().handle_exception(exc)


OPTIONS: dict[str, Any] = {
    "parser_classes": [MultiPartParser, AvatarJSONParser],
    "permission_classes": [IsAuthenticated],
    "throttle_classes": [AvatarThrottle, *api_settings.DEFAULT_THROTTLE_CLASSES],
}


class AvatarView(OwnAvatarMixin, APIView):
    """
    One's own picture: GET shows it, PUT or POST sets it, DELETE removes it.

    Authentication and rendering are the project's.
    """

    # REST framework's pages show the text above, without its markup, to whoever uses the API.
    parser_classes: Any = OPTIONS["parser_classes"]
    permission_classes: Any = OPTIONS["permission_classes"]
    """`IsAuthenticated`; a subclass may set others."""
    throttle_classes: Any = OPTIONS["throttle_classes"]
    """`AvatarThrottle` before the project's own; a subclass may set others."""
    serializer_class = AvatarSerializer
    """What goes in and comes out, for the OpenAPI document."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Show your picture."""
        return self.show_avatar()

    def put(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Set your picture."""
        return self.set_avatar()

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Set your picture, as PUT does: browsers' forms know no PUT."""
        return self.set_avatar()

    def delete(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Remove your picture. It is no error if there is none."""
        return self.remove_avatar()


class PersonAvatarView(AvatarView):
    """
    The picture of another user, for staff: GET shows it, PUT or POST sets it, DELETE removes it.

    For whoever has Django's permission to view or to change the row with the picture.
    403 without the permission, whether or not there is such a user; otherwise 404 where there is none.
    """

    # ``path("api/people/<str:pk>/avatar/", PersonAvatarView.as_view())``, with the key of the user.
    # ``AVATARS["POLICY"]`` is asked as well; ``RATE_LIMIT`` does not hold.

    throttle_classes: Any = api_settings.DEFAULT_THROTTLE_CLASSES

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """As the base; then ask who may."""
        super().initial(request, *args, **kwargs)
        self.avatar_owner: models.Model | None = staff.find(
            request.user, kwargs["pk"], "view" if request.method in SAFE_METHODS else "change"
        )


_action: Any = action  # a class attribute of that name follows


class AvatarViewSetMixin(OwnAvatarMixin):
    """
    Gives a viewset the action ``avatar``: ``/people/avatar/`` is the picture of who asks, as in `AvatarView`.

    Before the viewset among the bases. Other actions are left as they are.
    """

    action: str
    action_map: dict[str, str]

    def takes_pictures(self) -> bool:
        """In our action alone."""
        return getattr(self, "action", None) in {"avatar", "put_avatar", "post_avatar", "delete_avatar"}

    def get_object(self) -> Any:
        """As the base. In our action, which has no key, whose picture it is: an answer to OPTIONS asks before PUT."""
        if self.action_map.get("put") == "put_avatar":
            return self.avatar_owner or self.request.user
        return super().get_object()  # type: ignore[misc]  # of the viewset

    @_action(  # type: ignore[untyped-decorator]
        detail=False, methods=["get"], serializer_class=AvatarSerializer, pagination_class=None, **OPTIONS
    )
    def avatar(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Show your picture."""
        return self.show_avatar()

    @avatar.mapping.put  # type: ignore[untyped-decorator]
    def put_avatar(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Set your picture."""
        return self.set_avatar()

    @avatar.mapping.post  # type: ignore[untyped-decorator]
    def post_avatar(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Set your picture, as PUT does."""
        return self.set_avatar()

    @avatar.mapping.delete  # type: ignore[untyped-decorator]
    def delete_avatar(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Remove your picture. It is no error if there is none."""
        return self.remove_avatar()
