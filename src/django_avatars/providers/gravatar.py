"""
Addresses of pictures that other services keep for an e-mail address: Gravatar, Libravatar.

Nothing here asks the network, not even for a name: the browser does, and so the service learns
who looks at which page. That is why both are opt-in. The address is hashed with SHA-256, which
both services take; a hash of a known address can still be found by trying addresses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

GRAVATAR = "https://gravatar.com/avatar/"
GRAVATAR_LARGEST = 2048
"""Pixels; Gravatar's documentation."""

LIBRAVATAR = "https://seccdn.libravatar.org/avatar/"
LIBRAVATAR_LARGEST = 512
"""Pixels; the Libravatar API."""


def gravatar_url(email: str, size: int, options: Mapping[str, str]) -> str | None:
    """
    Where Gravatar has the picture of `email`, `size` pixels wide. None without an address.

    `options` are query arguments such as ``{"d": "mp", "r": "g"}``; a size among them is ignored.
    """
    return _url(GRAVATAR, email, min(size, GRAVATAR_LARGEST), options)


def libravatar_url(email: str, size: int, options: Mapping[str, str]) -> str | None:
    """Where Libravatar has the picture of `email`; otherwise as `gravatar_url`. Federated servers are not looked up."""
    return _url(LIBRAVATAR, email, min(size, LIBRAVATAR_LARGEST), options)


def srcset(
    url: Callable[[str, int, Mapping[str, str]], str | None], email: str, size: int, options: Mapping[str, str]
) -> str:
    """Candidates of `url` for dense screens, "… 2x, … 3x", as far as the service has larger ones; "" if none."""
    seen = {url(email, size, options), None}
    candidates = []
    for density in (2, 3):
        address = url(email, size * density, options)
        if address not in seen:
            candidates.append(f"{address} {density}x")
            seen.add(address)
    return ", ".join(candidates)


def _url(base: str, email: str, size: int, options: Mapping[str, str]) -> str | None:
    address = email.strip().lower()
    if not address:
        return None
    digest = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
    others = {name: value for name, value in options.items() if name not in ("s", "size")}
    return f"{base}{digest}?{urlencode({'s': size, **others})}"
