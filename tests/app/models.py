"""Every kind of model that can carry a picture."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.files.storage import Storage, storages
from django.db import models

from django_avatars.fields import AvatarField
from django_avatars.lifecycle.files import AvatarFieldFile  # its public address is a module more: start-up is counted
from django_avatars.naming import by_username


class User(AbstractUser):
    """A user whose key is not a number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)


class Profile(models.Model):
    """The plain case: a profile, one-to-one with the user."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    profile_pic = AvatarField()
    bio = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.user.get_username()


class ProxyProfile(Profile):
    """Another name for the same rows."""

    class Meta:
        proxy = True


class Team(models.Model):
    """Two pictures, one of them with options of its own."""

    name = models.CharField(max_length=50)
    logo = AvatarField()
    banner = AvatarField(upload_to="banners/%Y", sizes=(256, 32), output_formats=("jpg", "webp"))

    def __str__(self) -> str:
        return self.name


class Pictured(models.Model):
    """A base with a picture."""

    picture = AvatarField(upload_to=by_username)

    class Meta:
        abstract = True


class Person(Pictured):
    """Gets its picture from an abstract base."""

    username = models.CharField(max_length=150)

    def get_username(self) -> str:
        """What `by_username` asks for."""
        return self.username


class Place(models.Model):
    """The parent of a multi-table pair."""

    name = models.CharField(max_length=50)
    photo = AvatarField(sizes=(64,))

    def __str__(self) -> str:
        return self.name


class Restaurant(Place):
    """A child in a table of its own, with a picture of its own."""

    menu = AvatarField(sizes=(128,))


class Country(models.Model):
    """A picture by default, and a choice to have none."""

    name = models.CharField(max_length=50)
    flag = AvatarField(default="defaults/flag.png", null=True, sizes=(64,))

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """Reached from a team by cascade."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    photo = AvatarField(sizes=(64,))


class Cafe(Place):
    """A child in a table of its own, without a picture of its own."""

    seats = models.IntegerField(default=0)


class Bistro(Restaurant):
    """A grandchild in a table of its own."""

    seats = models.IntegerField(default=0)


class Artist(models.Model):
    """Has a key before there is a row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    portrait = AvatarField(sizes=(64,))


class Scrapbook(models.Model):
    """What a project had before: a plain file."""

    cover = models.FileField(upload_to="covers", blank=True)


class Veteran(models.Model):
    """Had an ImageField before."""

    photo = models.ImageField(upload_to="photos", blank=True)
    picture = AvatarField(default="defaults/veteran.png")


class Dated(models.Model):
    """Says when it was saved last."""

    name = models.CharField(max_length=50)
    changed = models.DateTimeField(auto_now=True)
    photo = AvatarField(sizes=(64,))


class Staff(models.Model):
    """A row that cannot be made without knowing more than who it is for, and shows an old picture of its own."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff")
    number = models.IntegerField()
    photo = models.ImageField(upload_to="staff", null=True, blank=True, default="staff/nobody.png")
    portrait = AvatarField(null=True, sizes=(64,))


def by_slug(instance: Post, name: str) -> str:
    """A folder that depends on what the save prepares: a date of Django's, and a slug of a receiver."""
    return f"avatars/posts/{instance.created:%Y}/{instance.slug}/{name}"


by_slug.prefix, by_slug.per_owner = "avatars", True  # type: ignore[attr-defined]  # for the sweep


class Post(models.Model):
    """Has a folder that is known in the middle of its save, and a `save_base` of its own, as some libraries make it."""

    created = models.DateTimeField(auto_now_add=True)
    slug = models.CharField(max_length=50, blank=True)
    picture = AvatarField(upload_to=by_slug, sizes=(64,))

    def save_base(self, raw: bool = False, using: str | None = None, **kwargs: Any) -> None:  # type: ignore[override]
        """By keyword, as Django calls it."""
        super().save_base(raw=raw, using=using, **kwargs)


class Badge(models.Model):
    """No two rows have the same picture."""

    picture = AvatarField(null=True, unique=True, sizes=(64,))
    other = AvatarField(sizes=(64,))

    class Meta:
        constraints = [  # noqa: RUF012 - Django's way
            models.UniqueConstraint(fields=["other"], condition=~models.Q(other=""), name="app_badge_other"),
            models.CheckConstraint(condition=~models.Q(picture="x"), name="app_badge_picture"),
        ]


class PlacedFile(AvatarFieldFile):
    """A file whose row says which storage it is in."""

    @property
    def storage(self) -> Storage:
        """The storage of the row."""
        return storages[self.instance.home]  # type: ignore[attr-defined]

    @storage.setter
    def storage(self, storage: Storage) -> None:
        """What Django assigns is that of the field."""


class PlacedField(AvatarField):
    """A field whose files say where they are."""

    attr_class = PlacedFile


class Placed(models.Model):
    """Keeps its picture where it says."""

    home = models.CharField(max_length=20, default="default")
    picture = PlacedField(sizes=(64,))


class Seat(models.Model):
    """Two columns make its key."""

    pk = models.CompositePrimaryKey("row", "number")
    row = models.CharField(max_length=10)
    number = models.IntegerField()
    view = AvatarField()
