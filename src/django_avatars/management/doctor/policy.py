"""Whether a Content-Security-Policy lets a picture be shown, by the matching of https://www.w3.org/TR/CSP3/#match-urls."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.http.request import validate_host

_HOST = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\*|(?:\*\.)?[^*/:']+)(?::(?P<port>\d+|\*))?(?P<path>/.*)?",
    re.IGNORECASE,
)
_PORTS = {"http": 80, "https": 443}


def sources() -> list[str] | None:
    """What the policy in the settings says of pictures; None where there is no policy there."""
    policy = getattr(settings, "SECURE_CSP", None) or getattr(settings, "CONTENT_SECURITY_POLICY", {}).get("DIRECTIVES")
    if not policy:
        return None
    said = policy.get("img-src") or policy.get("default-src") or ["*"]
    return said.split() if isinstance(said, str) else [str(source) for source in said]


def allows(sources: Iterable[str], url: str) -> bool:
    """Whether one of the sources lets `url` be shown: an address on another machine, or on the site itself."""
    where = urlsplit(url)
    if where.netloc:
        return any(_matches(source, where) for source in sources)
    return any(_is_site(source) for source in sources)


def _matches(source: str, where: SplitResult) -> bool:
    if source == "'self'":
        return _is_ours(where.hostname or "")
    if source in ("*", f"{where.scheme}:"):
        return True
    found = _HOST.fullmatch(source)
    return (
        found is not None
        and _fits_scheme(found["scheme"], where.scheme)
        and _fits_host(found["host"], where.hostname or "")
        and _fits_port(found["port"], where)
        and _fits_path(unquote(found["path"] or ""), unquote(where.path))
    )


def _fits_scheme(scheme: str | None, of_url: str) -> bool:
    return scheme is None or scheme.lower() in (of_url, "http" if of_url == "https" else of_url)


def _fits_host(host: str, of_url: str) -> bool:
    if host.startswith("*"):
        return of_url.endswith(host[1:].lower())
    return host.lower() == of_url


def _fits_port(port: str | None, where: SplitResult) -> bool:
    usual = _PORTS.get(where.scheme)
    if port is None:
        return where.port in (None, usual)
    return port == "*" or int(port) == (where.port or usual)


def _fits_path(path: str, of_url: str) -> bool:
    return of_url.startswith(path) if path.endswith("/") else path in ("", of_url)


def _is_site(source: str) -> bool:
    if source in ("*", "'self'", "http:", "https:"):
        return True
    found = _HOST.fullmatch(source)
    return found is not None and _is_ours(found["host"])


def _is_ours(host: str) -> bool:
    """Whether `host` is this site's, as far as the settings say."""
    hosts = [allowed for allowed in settings.ALLOWED_HOSTS if allowed != "*"]
    return validate_host(host, hosts)
