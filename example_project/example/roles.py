"""What the APIs for talents and for people behind the scenes have in common."""

from __future__ import annotations

import logging
from typing import Any

from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication

from django_avatars.contrib.rest_framework import AvatarThrottle, AvatarUploadMixin

logger = logging.getLogger("example")

NOT_AN_IMAGE = (
    "Upload a valid image. The file you uploaded was either not an image or a corrupted image."  # Django's own words
)
ERROR_MESSAGES = dict.fromkeys(
    ("not_an_image", "truncated", "unsupported_format", "extension_not_allowed"), NOT_AN_IMAGE
)
"""The documents quote one text for every file that is no picture."""

GENDERS = [(name, name) for name in ("Male", "Female", "Other")]


class HasRole(BasePermission):
    """The header of the role says ``true``, and the account has a profile of that kind."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Whether both hold."""
        said = request.headers.get(view.role_header, "").strip().lower() == "true"
        return said and view.model._default_manager.filter(user=request.user).exists()


class RoleProfileView(AvatarUploadMixin, APIView):
    """
    GET shows one's own profile, POST changes what is sent of it.

    Subclasses name the model, its serializer, the header and the words.
    """

    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated, HasRole]
    throttle_classes = [AvatarThrottle]
    parser_classes = [MultiPartParser, FormParser, JSONParser]
    avatar_name = "profile_picture"
    model: Any
    serializer_class: Any
    role_header: str
    updated_message: str

    @property
    def avatar_field(self) -> Any:
        """Whose limits hold."""
        return self.model._meta.get_field(self.avatar_name)

    def get_profile(self) -> Any:
        """The profile of who asks; no parameter names another."""
        return self.model._default_manager.select_related("user").get(user=self.request.user)

    def shown(self, profile: Any) -> Any:
        """The profile as JSON."""
        return self.serializer_class(profile, context={"request": self.request}).data

    def post(self, request: Any) -> Response:
        """Change the profile. What is not sent stays as it is, and ``?partial=true`` says so."""
        profile = self.get_profile()
        is_partial = request.query_params.get("partial", "").lower() == "true"
        serializer = self.serializer_class(
            profile, data=request.data, partial=is_partial, context={"request": request, "view": self}
        )
        serializer.is_valid(raise_exception=True)
        serializer.save()
        if self.avatar_name in serializer.validated_data:
            logger.info("Profile picture of user %s is now %s", request.user.pk, profile.profile_picture.name or "gone")
        return Response({"message": self.updated_message, "profile": self.shown(profile)})
