"""A profile with two pictures, and a band with one."""

from __future__ import annotations

from typing import Any, assert_type

from django.contrib.auth.models import User
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from django.db import models

import django_avatars
from django_avatars.conf import Limits
from django_avatars.exceptions import Busy, InvalidImage, StorageUnavailable
from django_avatars.fields import AvatarField
from django_avatars.files import AvatarDescriptor, AvatarFieldFile
from django_avatars.naming import by_username, per_user


def portraits() -> Storage:
    """As a callable gives it."""
    return storages["default"]


def not_too_red(file: File[Any]) -> None:
    """A validator."""


class Profile(models.Model):
    """Whose picture is shown."""

    user: models.OneToOneField[User, User] = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="profile"
    )
    picture = AvatarField()
    banner = AvatarField(
        "banner",
        upload_to=by_username,
        storage=portraits,
        sizes=[512, 128],
        output_formats=("avif", "webp"),
        input_formats=("JPEG", "PNG"),
        max_bytes=5 * 1024 * 1024,
        min_size=64,
        null=True,
        validators=[not_too_red],
        error_messages={"too_small": "Too small."},
    )


class Band(models.Model):
    """Somebody with a logo."""

    logo = AvatarField(upload_to=per_user, storage="default", help_text="Square.")


def looks(profile: Profile) -> None:
    """What is read."""
    assert_type(profile.picture, AvatarFieldFile)
    assert_type(Profile.picture, AvatarDescriptor)
    assert_type(profile.picture.url, str)
    assert_type(profile.picture.sizes, tuple[int, ...])
    assert_type(profile.picture.url_for(48), str)
    assert_type(profile.picture.url_for(48, format="avif"), str)
    assert_type(profile.picture.srcset(48), str)
    assert_type(bool(profile.picture), bool)
    assert_type(django_avatars.limits(Profile.picture), Limits)
    assert_type(django_avatars.limits(profile.picture)["max_bytes"], int)
    profile.picture.resize(48)  # type: ignore
    profile.picture.url_for("small")  # type: ignore
    django_avatars.limits(profile)  # type: ignore


def changes(profile: Profile, upload: File[Any]) -> str:
    """What is assigned."""
    profile.picture = upload
    profile.picture = ContentFile(b"", "me.jpg")
    profile.picture = "avatars/default.png"
    profile.picture = None
    profile.picture = 5  # type: ignore
    profile.picture = b"bytes"  # type: ignore
    try:
        with django_avatars.acting(profile.user):
            profile.save()
    except InvalidImage as error:
        return error.code
    except Busy as busy:
        return str(busy.retry_after)
    except StorageUnavailable:
        return "later"
    profile.picture.save("me.jpg", upload, save=False)
    profile.picture.delete()
    return ""


AvatarField(sizes="512")  # type: ignore
AvatarField(max_bytes="5 MB")  # type: ignore
