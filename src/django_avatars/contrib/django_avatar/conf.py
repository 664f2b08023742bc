"""The settings of django-avatar: those that are still read here, and what is written instead of each."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

READ = "It is read for as long as this app is installed."

INSTEAD = {
    "AVATAR_DEFAULT_SIZE": f"Write the size into the tag: {{% avatar user 80 %}}. {READ}",
    "AVATAR_RESIZE_METHOD": "Nothing takes its place.",
    "AVATAR_STORAGE_DIR": "Give the AvatarField another upload_to.",
    "AVATAR_STORAGE_ALIAS": "Write AVATARS['STORAGE'].",
    "AVATAR_STORAGE": "Write AVATARS['STORAGE'], an alias of STORAGES.",
    "AVATAR_PATH_HANDLER": "Give the AvatarField another upload_to.",
    "AVATAR_AUTO_GENERATE_SIZES": f"Write AVATARS['SIZES']. {READ}",
    "AVATAR_MAX_AVATARS_PER_USER": "Write AVATARS['HISTORY'], and install django_avatars.history.",
    "AVATAR_MAX_SIZE": "Write AVATARS['MAX_BYTES'].",
    "AVATAR_ALLOWED_FILE_EXTS": "Write AVATARS['INPUT_FORMATS'].",
    "AVATAR_ALLOWED_MIMETYPES": "Write AVATARS['INPUT_FORMATS'].",
    "AVATAR_THUMB_FORMAT": "Write AVATARS['OUTPUT_FORMATS'].",
    "AVATAR_THUMB_QUALITY": "Write AVATARS['QUALITY'].",
    "AVATAR_THUMB_MODES": "Nothing takes its place.",
    "AVATAR_HASH_FILENAMES": "Nothing takes its place: names of files are always random.",
    "AVATAR_HASH_USERDIRNAMES": "Nothing takes its place: names of folders tell nothing.",
    "AVATAR_RANDOMIZE_HASHES": "Nothing takes its place: names of files are always random.",
    "AVATAR_EXPOSE_USERNAMES": f"Give the field upload_to=by_username, and the tags a label. {READ}",
    "AVATAR_CLEANUP_DELETED": "Nothing takes its place: files always go with their rows.",
    "AVATAR_CACHE_ENABLED": "Nothing takes its place: showing a picture asks no storage.",
    "AVATAR_CACHE_TIMEOUT": "Nothing takes its place: showing a picture asks no storage.",
    "AVATAR_DEFAULT_URL": "Nothing takes its place: initials are shown. A provider of your own can say otherwise.",
    "AVATAR_GRAVATAR_BASE_URL": "Write a provider of your own.",
    "AVATAR_GRAVATAR_FIELD": "Nothing takes its place: it is EMAIL_FIELD of the user model.",
    "AVATAR_GRAVATAR_DEFAULT": "Write AVATARS['GRAVATAR'] = {'d': …}.",
    "AVATAR_GRAVATAR_FORCEDEFAULT": "Write AVATARS['GRAVATAR'] = {'f': 'y'}.",
    "AVATAR_FACEBOOK_GET_ID": "Write a provider of your own.",
    "AVATAR_PROVIDERS": "Write AVATARS['PROVIDERS'].",
    "AVATAR_ADD_TEMPLATE": f"Write a template django_avatars/edit.html. {READ}",
    "AVATAR_CHANGE_TEMPLATE": f"Write a template django_avatars/edit.html. {READ}",
    "AVATAR_DELETE_TEMPLATE": f"Write a template django_avatars/confirm_remove.html. {READ}",
    "API_AVATAR_CHANGE_IMAGE": "Nothing takes its place: whoever may set a picture may set another.",
}
"""What to do about each setting of django-avatar 9 and before."""


def default_size() -> int:
    """Side in pixels of a picture where a template says nothing."""
    return getattr(settings, "AVATAR_DEFAULT_SIZE", 80)


def exposes_usernames() -> bool:
    """Whether the alternative text of a picture may name who is on it."""
    return getattr(settings, "AVATAR_EXPOSE_USERNAMES", False)


def sizes() -> Iterator[int]:
    """Widths and heights that django-avatar was to make pictures of."""
    yield default_size()
    for size in getattr(settings, "AVATAR_AUTO_GENERATE_SIZES", ()):
        yield from [size] if isinstance(size, int) else size


def template(page: str) -> str | None:
    """The template that the project names for this page: "add", "change" or "delete"."""
    return getattr(settings, f"AVATAR_{page.upper()}_TEMPLATE", "") or None
