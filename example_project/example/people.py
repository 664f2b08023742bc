"""The people of the demo. Nobody of them exists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from django_avatars.history.models import PictureVersion
from loginsystem.models import UserDetails
from profiles.models import BackGroundJobsProfile, Item
from talent.models import TalentUserProfile
from users.models import UserProfile

from . import moderating, paintings

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

PASSWORD = "avatars-demo"
"""Everybody's."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody to make an account for."""

    username: str
    first: str
    """First name, or all of it where the family name comes first."""
    last: str = ""
    paint: Callable[[], bytes] | None = None
    """Gives the file to upload; None for somebody who is shown by initials."""
    file: str = "picture.jpg"
    is_staff: bool = False


def portrait(number: int, format: str = "JPEG") -> Callable[[], bytes]:
    """A file with the portrait of that number."""
    return lambda: paintings.encoded(paintings.portrait(number), format)


def landscape(number: int, format: str = "JPEG") -> Callable[[], bytes]:
    """A file with the landscape of that number."""
    return lambda: paintings.encoded(paintings.landscape(number), format)


NAMES = tuple(
    "Ada Lovelace|Ludwig van Beethoven|Marie Curie|Frida Kahlo|Antonín Dvořák|Béla Bartók|Tycho Brahe|Molière|"
    "Anne-Marie Dupont|José María de la Cruz|Nguyễn Du|Martin Luther King, Jr.|Prof. Dr. Emmy Noether|Mihai Eminescu|"
    "Łukasz Żak|Þórbergur Þórðarson|İdil Işık|Wọlé Ṣóyínká|Liliʻuokalani|ᏍᏏᏉᏯ|"
    "Лев Толстой|Ольга Иванова|Тарас Шевченко|Вук Караџић|Σωκράτης|Σαπφώ Λέσβου|Կոմիտաս|შოთა რუსთაველი|"
    "דוד כהן|רחל|ابن سينا|الخوارزمي|عمر الخيام|حافظ شیرازی|रवीन्द्रनाथ|कबीर|ஔவையார்|বঙ্কিম|సాలూరు|പൂന്താനം|"
    "ਅੰਮ੍ਰਿਤਾ ਪ੍ਰੀਤਮ|નરસિંહ મહેતા|ಕುವೆಂಪು|මාර්ටින්|ཚེ་རིང|အောင်|"
    "สุนทรภู่|李白|杜甫|王小明|紫式部|松尾芭蕉|なつめそうせき|김민준|신사임당|세종대왕|አበበ ቢቂላ|jane.doe@example.com|"
    "👩🏽‍💻|walt_whitman".split("|")
)
"""What people are called, in every script that initials know."""

PEOPLE = (
    Person(username="minjun", first="김민준", paint=portrait(6)),
    Person(username="dana", first="דנה", last="כהן"),
    Person(username="zoe", first="Zoë", last="Ångström", paint=portrait(4, "PNG"), file="zoe.png"),
    Person(username="olga", first="Ольга", last="Иванова"),
    Person(
        username="background@example.com", first="Benedikt", last="Grau", paint=landscape(2, "BMP"), file="hills.bmp"
    ),
    Person(username="wang", first="王小明"),
    Person(username="jose", first="José María", last="de la Cruz", paint=paintings.phone_photo, file="IMG_0042.JPG"),
    Person(username="kshitij", first="क्षितिज", last="शर्मा"),
    Person(username="leila", first="ليلى", last="حسن", paint=portrait(9, "GIF"), file="leila.gif"),
    Person(username="talent@example.com", first="Tala", last="Reyes"),
    Person(username="nia", first="Nia", last="Adeyemi", paint=portrait(5)),
    Person(username="ada", first="Ada", last="Lovelace", paint=portrait(2), is_staff=True),
)


def add_missing() -> Iterator[Person]:
    """Make those who are not there yet, one transaction each, and give each when done; leave the others as they are."""
    password = make_password(PASSWORD)  # once: hashing is slow on purpose
    for days, person in enumerate(reversed(PEOPLE)):
        with transaction.atomic():
            user, is_new = get_user_model().objects.get_or_create(
                username=person.username,
                defaults={
                    "password": password,
                    "first_name": person.first,
                    "last_name": person.last,
                    "email": person.username if "@" in person.username else f"{person.username}@example.com",
                    "is_staff": person.is_staff,
                    "is_superuser": person.is_staff,
                    "date_joined": timezone.now() - timedelta(days=9 * days),
                },
            )
            if is_new:
                add_details(user, person)
            add_profiles(user, person)
        yield person


def add_details(user: AbstractUser, person: Person) -> None:
    """What anybody would do in the browser: choose a file."""
    details = UserDetails(user=user)
    if person.paint:
        details.profile_picture = ContentFile(person.paint(), person.file)
    details.save()
    if story := moderating.STORIES.get(person.username):
        story.happen(user)
    PictureVersion.objects.filter(picture="").delete()  # a visitor undoes what a visitor did


def add_profiles(user: AbstractUser, person: Person) -> None:
    """What the other systems know of the people who are named after them."""
    if person.username == "talent@example.com":
        TalentUserProfile.objects.get_or_create(user=user, defaults=TALENT)
    elif person.username == "background@example.com":
        profile, is_new = BackGroundJobsProfile.objects.get_or_create(user=user, defaults=background())
        if is_new:
            Item.objects.bulk_create(Item(profile=profile, kind=kind, name=name) for kind, name in ITEMS)


TALENT = {"aboutyou": "Plays the harp, and people.", "city": "Manila", "country": "Philippines"}

ITEMS = (
    ("costume", "Cloak of a nightwatch"),
    ("costume", "Six ruffs"),
    ("prop", "Stuffed heron"),
    ("prop", "Ship in a bottle"),
    ("vehicle", "Hay cart"),
)


def background() -> dict[str, object]:
    """A profile with a picture and a subscription, in which the country, the birthday and the gender are missing."""
    return {
        "profile_picture": ContentFile(landscape(1)(), "hills.jpg"),
        "subscribed_until": timezone.localdate() + timedelta(days=365),
    }


def add_default_picture() -> None:
    """What the field of the first document says is shown of everybody without a picture."""
    field = UserProfile._meta.get_field("profile_pic")
    name = field.get_default()
    if not getattr(field.storage, "resizes_by_url", False) and not field.storage.exists(name):
        field.storage.save(name, ContentFile(paintings.encoded(paintings.nobody(256), "PNG"), "default.png"))
