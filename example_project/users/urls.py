"""The document names one path, by its function; the others follow the site."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "users"
urlpatterns = [
    path("users/profile/", views.profile_view, name="profile"),
    path("users/profile/update/", views.profile_update_view, name="profile_update"),
    path("users/dashboard-upload/", views.dashboard_upload_page, name="dashboard_upload"),
    path("upload-profile-pic/", views.upload_profile_pic_api, name="upload_profile_pic"),
]
