"""``/api/profile/background/``."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from example.roles import RoleProfileView
from example.schema import post_profile, show_profile

from .models import BackGroundJobsProfile
from .serializers import BackgroundProfileSerializer


class BackgroundProfileView(RoleProfileView):
    """The profile of who asks."""

    model = BackGroundJobsProfile
    serializer_class = BackgroundProfileSerializer
    role_header = "is-background"
    updated_message = "Background profile updated successfully"

    @extend_schema(
        **show_profile(
            "is-background",
            BackgroundProfileSerializer,
            "profile_score",
            "subscription_status",
            "restrictions",
        )
    )
    def get(self, request: Any) -> Response:
        """Show the profile, its score, and what has been paid for."""
        profile = self.get_profile()
        return Response(
            {
                "profile": self.shown(profile),
                "profile_score": profile.score(),
                "subscription_status": profile.subscription_status(),
                "restrictions": profile.restrictions(),
            }
        )

    @extend_schema(**post_profile("is-background", BackgroundProfileSerializer))
    def post(self, request: Any) -> Response:
        """Change the profile. What is not sent stays as it is."""
        return super().post(request)
