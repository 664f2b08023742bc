"""The questions, in the order in which one asks them: each gives what it finds, and nothing when it does not apply."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage, InMemoryStorage

from ... import checks, naming
from ...conf import get_settings
from ...lifecycle import listing, references
from ...storages.base import FOR_GOOD
from .findings import advice, bounded, fine, problem
from .probe import Probe, fetch

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from ...lifecycle.column import Column

SKEW = 60
"""Seconds that two clocks may differ; services refuse signatures from 5 to 15 minutes on."""

SHORTEST = 600
"""Seconds that a signed address should hold at least: people keep pages open."""

LONGEST_WAIT = 30
"""Seconds that a visitor may wait for a storage that does not answer."""

SAMPLE = 20
"""Newest pictures of each field that are looked for in the storage."""


def about_settings() -> Iterator[CheckMessage]:
    """What the system checks find, and whether the cache counts."""
    yield from checks.check_settings()
    for field in references.fields():
        yield from checks.check_field(field)  # type: ignore[arg-type]  # it is an AvatarField
    yield from bounded(_cache, "Counting in the default cache")


def _cache() -> Iterator[CheckMessage]:
    if "/" not in (get_settings().rate_limit or ""):
        return
    key = f"django_avatars.doctor.{secrets.token_hex(8)}"
    try:
        cache.add(key, 1, 60)
        cache.incr(key)
        cache.delete(key)
    except Exception as exc:  # of a cache that is down, or that forgets at once
        yield problem("cache", exc)


def about_rows(field: Column) -> Iterator[CheckMessage]:
    """Whether the newest pictures that rows name are in the storage."""
    aliases = [alias for alias in references.databases(field.model) if references.has_table(alias, field.model)]
    named = [picture for alias in aliases for picture in _newest(field, alias)]
    pictures = [(storage, name) for storage, name in named if naming.parse(name or "")]
    yield from bounded(lambda: _missing(field, pictures), f"Looking for pictures of {field}")


def _newest(field: Column, alias: str) -> list[tuple[Storage, str]]:
    rows = references.rows(field.model, alias).exclude(**{field.name: ""}).order_by("-pk")[:SAMPLE]
    if field.is_placed_by_row:
        pictures = [getattr(row, field.attname) for row in rows]
        return [(picture.storage, picture.name) for picture in pictures]
    return [(field.storage, name) for name in rows.values_list(field.name, flat=True)]


def _missing(field: Column, pictures: list[tuple[Storage, str]]) -> Iterator[CheckMessage]:
    try:
        missing = sum(not storage.exists(name) for storage, name in pictures)
    except Exception as exc:
        yield problem("read", exc)
    else:
        if missing:
            yield problem("rows", count=len(pictures), field=field, missing=missing)


def examine(storage: Storage, folder: str) -> Iterator[CheckMessage]:
    """Everything there is to say about one storage. Leaves nothing in it."""
    probe = Probe(storage, folder)
    yield from bounded(lambda: _write(probe), "Storing a picture")
    for question in QUESTIONS if probe.name in probe.stored else ():
        yield from bounded(lambda question=question: question(probe), question.__doc__ or "")  # type: ignore[misc]
    yield from bounded(lambda: _delete(probe), "Deleting the picture")
    yield from _service(probe)


def _write(probe: Probe) -> Iterator[CheckMessage]:
    try:
        probe.write()
    except Exception as exc:
        is_skewed = any(word in str(exc) for word in ("RequestTimeTooSkewed", "RequestExpired"))  # words of S3
        yield problem("clock" if is_skewed else "write", exc, folder=probe.folder)
        return
    renamed = [(name, stored) for name, stored in probe.stored.items() if name != stored]
    yield problem("renames", name=renamed[0][0], stored=renamed[0][1]) if renamed else fine("write")


def _read(probe: Probe) -> Iterator[CheckMessage]:
    """Reading a picture back"""
    try:
        yield fine("read") if probe.read() == probe.data else problem("changed")
    except Exception as exc:
        yield problem("read", exc)


def _list(probe: Probe) -> Iterator[CheckMessage]:
    """Listing pictures"""
    try:
        found = dict(listing.walk(probe.storage, probe.folder))
        stored = probe.stored[probe.name]
        age = time.time() - listing.modified(probe.storage, (stored, found[stored]))
    except Exception as exc:
        if not probe.has_bucket_twice:  # or it is said with the address: listing asks for an object then
            yield problem("list", exc)
    else:
        yield fine("list") if abs(age) <= SKEW else problem("clock", f"by {abs(age):.0f} seconds")


def _place(probe: Probe) -> Iterator[CheckMessage]:
    """Looking where pictures are"""
    if type(probe.inner) is InMemoryStorage:
        yield advice("memory")
    if isinstance(probe.inner, FileSystemStorage):
        if not probe.inner.base_location:
            yield problem("media_root", location=probe.inner.location)
        if probe.is_read_by_others:
            yield _permissions(Path(probe.inner.path(probe.stored[probe.name])), Path(probe.inner.location))


def _permissions(file: Path, location: Path) -> CheckMessage:
    closed = [folder for folder in file.parents if not os.stat(folder).st_mode & 0o001]
    inside = [folder for folder in closed if folder.is_relative_to(location)]
    if inside or not os.stat(file).st_mode & 0o004:
        return problem("permissions", location=location, closed=inside[-1] if inside else location)
    return advice("above", location=location, closed=closed[-1]) if closed else fine("permissions")


def _address(probe: Probe) -> Iterator[CheckMessage]:
    """Making an address"""
    try:
        where = probe.where
    except Exception as exc:
        yield problem("address", exc)
        return
    yield _policy(probe)
    if not where.netloc and not probe.is_private:
        yield from _local(probe.url.partition(probe.folder)[0])
    if probe.has_bucket_twice:
        yield problem("bucket_twice", url=probe.shown)
    if where.scheme == "http" and settings.SECURE_SSL_REDIRECT:
        yield problem("https", url=probe.shown)


def _local(base: str) -> Iterator[CheckMessage]:
    if base == "/" or not base.startswith("/"):
        yield problem("media_url", base=base, why="the pages of the site are there")
    elif base == settings.STATIC_URL:
        yield problem("media_url", base=base, why="static files have the same address")
    yield advice("address", base=base)


def _policy(probe: Probe) -> CheckMessage:
    policy = getattr(settings, "SECURE_CSP", None) or getattr(settings, "CONTENT_SECURITY_POLICY", {}).get("DIRECTIVES")
    said = (policy or {}).get("img-src") or (policy or {}).get("default-src") or ["*"]
    sources = said.split() if isinstance(said, str) else list(map(str, said))
    origin = f"{probe.where.scheme}://{probe.where.netloc}" if probe.where.netloc else "'self'"
    if any(_names(source, origin, probe.url) for source in sources):
        return fine("csp")
    return problem("csp", origin=origin, sources=" ".join(sources))


def _names(source: str, origin: str, url: str) -> bool:
    """Whether a source of a policy plainly names the address. What is written in another way is worth a look."""
    scheme, _, host = origin.partition("://")
    return source in ("*", f"{scheme}:", host) or url.startswith(source) or fnmatchcase(origin, source.rstrip("/"))


def _served(probe: Probe) -> Iterator[CheckMessage]:
    """Fetching a picture from its address"""
    if not probe.is_remote:
        return
    answer = probe.answer
    if answer.status != 200:
        code = "forbidden" if answer.status in (401, 403) else "unreachable"
        yield problem(code, url=probe.shown, answer=answer.error or answer.status)
        return
    yield fine("reachable")
    if not probe.resizes and answer.body != probe.data:
        yield problem("other_file", url=probe.shown)
    yield from _headers(answer.headers)
    try:
        age = time.time() - parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):  # a server without a clock, or with odd words for the time
        return
    if abs(age) > SKEW:
        yield problem("clock", f"by {abs(age):.0f} seconds")


def _headers(headers: dict[str, str]) -> Iterator[CheckMessage]:
    kind, caching = headers.get("content-type", "nothing"), headers.get("cache-control", "nothing")
    if not kind.startswith("image/"):
        yield problem("content_type", kind=kind)
    if "max-age" not in caching or any(word in caching for word in ("no-store", "no-cache", "max-age=0")):
        yield advice("cache_control", caching=caching)
    if headers.get("content-disposition", "").startswith("attachment"):
        yield advice("disposition")


def _exposed(probe: Probe) -> Iterator[CheckMessage]:
    """Listing the bucket as a stranger"""
    if probe.is_remote and probe.answer.status == 200:
        folder = f"/{getattr(probe.inner, 'bucket_name', '')}/"
        root = folder if probe.where.path.startswith(folder) else "/"
        listed = fetch(f"{probe.where.scheme}://{probe.where.netloc}{root}")
        if listed.status == 200 and b"<ListBucketResult" in listed.body:
            yield problem("listed_to_all")


QUESTIONS: tuple[Callable[[Probe], Iterator[CheckMessage]], ...] = (_read, _list, _place, _address, _served, _exposed)
"""What is asked of a picture that is stored."""


def _delete(probe: Probe) -> Iterator[CheckMessage]:
    failed = probe.delete()
    if probe.name not in probe.stored or (failed and probe.has_bucket_twice):  # said already
        return
    is_left = failed or probe.is_there()
    yield problem("delete", stored=probe.stored[probe.name]) if is_left else fine("delete")


def _service(probe: Probe) -> Iterator[CheckMessage]:
    """What needs no file: how long addresses hold, how long one waits, and whether a server is known."""
    lifetime = probe.adapter.url_lifetime
    cached = settings.CACHE_MIDDLEWARE_SECONDS if any("cache.UpdateCache" in one for one in settings.MIDDLEWARE) else 0
    kept = max(cached, SHORTEST / 2)
    if lifetime is not None and lifetime != FOR_GOOD and lifetime / 2 < kept:
        yield problem("signatures", lifetime=lifetime, kept=kept, longer=max(2 * cached, 86400))
    waits = float(getattr(probe.inner, "longest_wait", 0))
    if waits > LONGEST_WAIT:
        yield advice("timeouts", waits=waits)
    known: Any = getattr(probe.inner, "known_host_file", "")  # of SFTP
    hosts = Path(known or "~/.ssh/known_hosts").expanduser()
    if known != "" and (not hosts.exists() or not hosts.stat().st_size):
        yield problem("host_keys", hosts=hosts)
