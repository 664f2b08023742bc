"""The paths of the document, and those of an account."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from . import views

urlpatterns = [
    path("signup/", views.SignUp.as_view(), name="signup"),
    path(
        "login/",
        LoginView.as_view(template_name="loginsystem/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("success/", views.success, name="success"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("profile/", views.ProfilePage.as_view(http_method_names=["get", "head"]), name="profile"),
    path(
        "upload-profile-picture/", views.ProfilePage.as_view(http_method_names=["post"]), name="upload_profile_picture"
    ),
    path("remove-profile-picture/", views.RemovePicture.as_view(), name="remove_profile_picture"),
]
