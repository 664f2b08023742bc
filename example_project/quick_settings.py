"""The settings of a demo that gets many passwords: hashing one takes half a second, on purpose."""

from __future__ import annotations

from example.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
