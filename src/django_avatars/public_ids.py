"""
Stable addresses: a signed text that stands for one row, for `avatars:image`.

``YXV0aC51c2VyOjE3.<signature>`` names a model and a key, and nobody but this site can make one.
It is the same every time, so it may be printed in an e-mail; it is no secret: who has it may see
the picture, and can read the key out of it. ``SECRET_KEY_FALLBACKS`` keeps old addresses valid. The number of the
algorithm that draws initials (``AVATARS["INITIALS"]``) is in it, so that a mail shows the same letters and color for
as long as it is read.
"""

from __future__ import annotations

import json

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer, b64_decode, b64_encode
from django.db import DataError, models

from .conf import PALETTES, get_settings

NOBODY = "nobody"
"""Is signed for nobody; no row has it, since theirs hold a colon in base64."""


def encode(target: models.Model) -> str:
    """The public id of a saved row: letters, digits, ``-``, ``_`` and one dot, always the same for this row."""
    label = target._meta.concrete_model._meta.label_lower  # type: ignore[union-attr]  # a proxy is the same row
    key = json.dumps(target.pk, default=str) if isinstance(target.pk, tuple) else target.pk
    text = f"{get_settings().initials}:{label}:{key}"
    return _signer().sign(b64_encode(text.encode()).decode())


def nobody() -> str:
    """The public id of nobody: a stranger, or somebody who is not saved yet. Always the same."""
    return _signer().sign(NOBODY)


def is_nobody(text: str) -> bool:
    """Whether `text` is the public id that `nobody` gives."""
    return _unsigned(text) == NOBODY


def version_of(text: str) -> int | None:
    """Number of the algorithm of initials when the public id was made; None where it names none that there is."""
    number = _parts(_unsigned(text))[0]
    return next((version for version in PALETTES if str(version) == number), None)


def decode(text: str) -> models.Model | None:
    """The row that a public id stands for; None when it is not one of ours, or when its row or model is gone."""
    _, label, key = _parts(_unsigned(text))
    try:
        model = apps.get_model(label)
        pk = json.loads(key) if len(model._meta.pk_fields) > 1 else key  # a composite primary key
        found: models.Model | None = model._default_manager.filter(pk=pk).first()
    except (LookupError, ValueError, ValidationError, DataError):  # PostgreSQL takes no NUL
        return None
    return found


def _parts(signed: str) -> tuple[str, str, str]:
    """The number, the model and the key that were signed, "" for what is missing."""
    try:
        first, _, rest = b64_decode(signed.encode()).decode().partition(":")
    except ValueError:
        return "", "", ""
    if not first.isdecimal():
        return "", first, rest
    label, _, key = rest.partition(":")
    return first, label, key


def _unsigned(text: str) -> str:
    try:
        return _signer().unsign(text)
    except BadSignature:
        return ""


def _signer() -> Signer:
    return Signer(sep=".", salt="django_avatars.public_ids")
