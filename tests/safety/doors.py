"""The ways by which a file can reach a row: each is tried with every hostile file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import include, path

from django_avatars.admin import AvatarAdminMixin
from tests.app.models import Profile

BOUNDARY = "---------------------------28947758029299"


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    """What a host writes."""

    class Meta:
        model = Profile
        fields = ("profile_pic",)


class ProfileAdmin(AvatarAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """What a host writes."""


site = admin.AdminSite("guarded")
site.register(Profile, ProfileAdmin)

urlpatterns = [path("guarded/", site.urls), path("avatars/", include("django_avatars.urls"))]


def form(profile: Profile, data: bytes, name: str, client: Client) -> str | None:
    """A ModelForm."""
    files: Any = {"profile_pic": SimpleUploadedFile(name or "blob", data)}
    bound = ProfileForm({}, files, instance=profile)
    if bound.is_valid():
        bound.save()
        return None
    return code_of(bound)


def page(profile: Profile, data: bytes, name: str, client: Client, **more: str) -> str | None:
    """The page of the package."""
    return sent(client, "/avatars/", "avatar", data, name, **more)


def staff(profile: Profile, data: bytes, name: str, client: Client) -> str | None:
    """Django's admin."""
    return sent(
        client, f"/guarded/app/profile/{profile.pk}/change/", "profile_pic", data, name, user=str(profile.user_id)
    )


def save(profile: Profile, data: bytes, name: str, client: Client) -> str | None:
    """No form at all."""
    profile.profile_pic = ContentFile(data, name)
    try:
        profile.save()
    except ValidationError as exc:
        return exc.code
    return None


DOORS: dict[str, Callable[..., str | None]] = {
    "form": form,
    "page": page,
    "admin": staff,
    "save": save,
}
"""Each takes a row, a file, its name and somebody's browser, and gives the code of the refusal."""


def sent(client: Client, url: str, field: str, data: bytes, name: str, **more: str) -> str | None:
    """Post a form as a browser does, or worse: the name goes into the header as it is."""
    response: Any = client.post(url, multipart(field, data, name, **more), f"multipart/form-data; boundary={BOUNDARY}")
    if response.status_code == 302:
        return None
    shown = response.context["adminform"].form if "adminform" in response.context else response.context["form"]
    assert response.status_code in ({200} if "adminform" in response.context else {400, 413}), response.status_code
    assert not name or name not in response.content.decode()
    return code_of(shown)


def multipart(field: str, data: bytes, name: str, **more: str) -> bytes:
    """A body with one file, whose name is not made harmless."""
    quoted = (name or "blob").encode("utf-8", "surrogateescape").replace(b'"', b"%22").replace(b"\r\n", b"%0D%0A")
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in more.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="'.encode() + quoted
    return b"".join([*parts, head, b'"\r\nContent-Type: image/jpeg\r\n\r\n', data, f"\r\n--{BOUNDARY}--\r\n".encode()])


def code_of(form: Any) -> str | None:
    """The code of the first error."""
    errors = [error for errors in form.errors.as_data().values() for error in errors]
    assert len(errors) == 1
    code: str | None = errors[0].code
    return code
