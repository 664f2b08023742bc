"""The settings of a demo that is asked much: what takes time and is of no use to programs is left out."""

from __future__ import annotations

from django.core.servers.basehttp import WSGIRequestHandler

from example.settings import *  # noqa: F403

# Hashing a password takes half a second, on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# An answer is sent in two parts, and the second would wait 40 ms until the first is confirmed.
WSGIRequestHandler.disable_nagle_algorithm = True
