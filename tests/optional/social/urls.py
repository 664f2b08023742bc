"""The address that a browser comes back to from the provider, with who it is."""

from __future__ import annotations

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from django.http import HttpRequest, HttpResponseBase
from django.urls import path

from .provider import TownProvider


def log_in(request: HttpRequest) -> HttpResponseBase:
    """Log somebody in, and sign up who is new."""
    provider = get_adapter().get_provider(request, TownProvider.id)
    login = provider.sociallogin_from_response(request, request.POST.dict())
    response: HttpResponseBase = complete_social_login(request, login)
    return response


urlpatterns = [path("town/login/", log_in)]
