"""``/api/profile/talent/``."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from example.roles import RoleProfileView
from example.schema import get_profile, post_profile

from .models import TalentUserProfile
from .serializers import TalentProfileSerializer, file_limits


class TalentUserProfileView(RoleProfileView):
    """The profile of the talent who asks."""

    model = TalentUserProfile
    serializer_class = TalentProfileSerializer
    role_header = "is-talent"
    updated_message = "Profile updated successfully"

    @extend_schema(**get_profile("is-talent", TalentProfileSerializer, "file_limits"))
    def get(self, request: Any) -> Response:
        """Show the profile, and what may be uploaded."""
        return Response({**self.shown(self.get_profile()), "file_limits": file_limits()})

    @extend_schema(**post_profile("is-talent", TalentProfileSerializer))
    def post(self, request: Any) -> Response:
        """Change the profile. What is not sent stays as it is."""
        return super().post(request)
