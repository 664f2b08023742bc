"""Each system has the paths that its document gives it."""

from __future__ import annotations

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.templatetags.static import static as static_url
from django.urls import include, path
from django.views.generic import RedirectView, TemplateView
from drf_spectacular.views import SpectacularAPIView
from ninja import NinjaAPI
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from django_avatars.contrib.ninja import router
from profileimages.api import api as profileimages
from profileimages.auth import JWTBearer, Session
from profiles.views import BackgroundProfileView
from talent.views import TalentUserProfileView

from . import views
from .schema import says_no

library = NinjaAPI(title="Avatars by ninja", urls_namespace="library", auth=[JWTBearer(), Session()], docs_url=None)
library.add_router("/avatar", router)

urlpatterns = [
    path("", views.FrontPage.as_view(), name="landing"),
    path("gallery/", views.gallery, name="gallery"),
    path("playground/", views.Playground.as_view(), name="playground"),
    path("moderation/", views.moderation, name="moderation"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("loginsystem.urls")),
    path("", include("users.urls")),
    path("users/", profileimages.urls),
    path("api/profile/talent/", TalentUserProfileView.as_view(), name="talent"),
    path("api/profile/background/", BackgroundProfileView.as_view(), name="background"),
    path("api/token/", says_no(TokenObtainPairView).as_view(), name="token"),
    path("api/token/refresh/", says_no(TokenRefreshView).as_view(), name="token_refresh"),
    path("api/avatar/", views.OwnAvatarView.as_view(), name="api_avatar"),
    path("api/ninja/", library.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("systems/", TemplateView.as_view(template_name="systems.html"), name="systems"),
    path("frontend/", TemplateView.as_view(template_name="frontend.html"), name="frontend"),
    path("element/", TemplateView.as_view(template_name="element.html"), name="element"),
    path("avatars/", include("django_avatars.urls")),
    path("avatars/", include("django_avatars.history.urls")),
    path("avatars/", include("django_avatars.moderation.urls")),
    path("admin/", admin.site.urls),
    path(
        "default-background-avatar.png", RedirectView.as_view(url=static_url("profiles/default-background-avatar.png"))
    ),
    path("favicon.ico", RedirectView.as_view(url=static_url("example/logo.svg"))),
]
if settings.DEBUG:
    urlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)
