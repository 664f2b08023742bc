"""The questions about the service itself: how long it lets one wait, and what it cannot do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from ...storages.base import FOR_GOOD
from .findings import Finding, advice, fine, problem
from .probe import Probe

SHORTEST = 600
"""Seconds that a signed address should hold at least: people keep pages open."""

LONGEST_WAIT = 30
"""Seconds that a visitor may wait for a storage that does not answer."""


def service(probe: Probe) -> Iterator[Finding]:
    """Everything that needs no file."""
    for question in (_signatures, _timeouts, _host_keys, _limits):
        yield from question(probe)


def _signatures(probe: Probe) -> Iterator[Finding]:
    lifetime = probe.adapter.url_lifetime
    if lifetime is None or lifetime == FOR_GOOD:
        return
    cached = settings.CACHE_MIDDLEWARE_SECONDS if any("cache.UpdateCache" in one for one in settings.MIDDLEWARE) else 0
    if lifetime / 2 < max(cached, SHORTEST / 2):
        yield problem(
            "signatures",
            f"Addresses are signed for {lifetime:g} seconds. An address is used for half of that, and pages "
            f"may be kept for {max(cached, SHORTEST // 2):g} seconds: their pictures would be missing.",
            f"Sign for longer: querystring_expire = {max(2 * cached, 86400)} or more. Or make pictures public.",
        )


def _timeouts(probe: Probe) -> Iterator[Finding]:
    waits, way_out = _wait(probe)
    if waits > LONGEST_WAIT:
        yield advice(
            "timeouts",
            "When the storage does not answer, a visitor waits for "
            + (f"{waits:g} seconds." if waits < FOR_GOOD else "ever."),
            way_out,
        )


def _wait(probe: Probe) -> tuple[float, str]:
    """Seconds for one request at most, and what makes them fewer."""
    storage = probe.inner
    known = {"s3": _s3_wait, "azure": _azure_wait, "google": _google_wait, "sftp": _sftp_wait}
    if _module(probe) in known:
        return known[_module(probe)](storage)
    return float(getattr(storage, "longest_wait", 0)), "Set time-outs: timeout=10."


def _s3_wait(storage: Any) -> tuple[float, str]:
    config = storage.client_config
    tries = (config.retries or {}).get("total_max_attempts") or (config.retries or {}).get("max_attempts", 4) + 1
    return tries * max(config.connect_timeout, config.read_timeout), (
        "Set time-outs: client_config=Config(connect_timeout=3, read_timeout=10, retries={'total_max_attempts': 2})."
    )


def _azure_wait(storage: Any) -> tuple[float, str]:
    # `timeout` of django-storages is for the server to keep. The client has its own, and these defaults (azure-core).
    options = {} if storage.connection_string else storage.client_options
    answer = max(options.get("connection_timeout", 20), options.get("read_timeout", 60))
    retries, first = options.get("retry_total", 3), options.get("initial_backoff", 15)
    pauses = sum(first + (options.get("increment_base", 3) ** count if count else 0) for count in range(retries))
    return (retries + 1) * answer + pauses, (
        "Set time-outs: client_options={'connection_timeout': 3, 'read_timeout': 10, 'retry_total': 1, "
        "'initial_backoff': 1}. They count where account_name and account_key are given, not with a connection_string; "
        "timeout alone is for the server to keep."
    )


def _google_wait(storage: Any) -> tuple[float, str]:
    return 180.0, (  # 60 for each answer, tried again for 120 (google-cloud-storage); django-storages has no option
        "django-storages has no option for it. Let AVATARS['TASKS'] store all but one file out of the request, and let "
        "the application server end requests that take too long."
    )


def _sftp_wait(storage: Any) -> tuple[float, str]:
    return storage.params.get("timeout") or FOR_GOOD, "Set time-outs: params={'timeout': 10, ...}."


def _host_keys(probe: Probe) -> Iterator[Finding]:
    if _module(probe) != "sftp":
        return
    known = probe.inner.known_host_file or os.path.expanduser("~/.ssh/known_hosts")
    if not os.path.exists(known) or not os.path.getsize(known):
        yield problem(
            "host_keys",
            f"The SFTP server is not known: there is no host key in {known}, so any server is believed.",
            "Write its key there once (ssh-keyscan), and say where in known_host_file.",
        )


_LIMITS = {
    "google": fine("bulk_delete", "Google Cloud deletes file by file: one request each, four at a time."),
    "sftp": advice(
        "headers",
        "SFTP keeps neither Content-Type nor Cache-Control, and takes one file at a time.",
        "Let the web server on the other side send image/webp and a year of caching, as for local disk.",
    ),
}


def _limits(probe: Probe) -> Iterator[Finding]:
    if _module(probe) in _LIMITS:
        yield _LIMITS[_module(probe)]


def _module(probe: Probe) -> str:
    return type(probe.adapter).__module__.rpartition(".")[2]
