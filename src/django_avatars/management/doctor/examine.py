"""The questions, in the order in which one asks them: each gives what it finds, and nothing when it does not apply."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage

from ...backends.plain import FOR_GOOD
from ...lifecycle import listing
from .findings import Finding, advice, fine, problem, said
from .probe import Probe, fetch

SKEW = 60
"""Seconds that two clocks may differ; services refuse signatures from 5 to 15 minutes on."""

SHORTEST = 600
"""Seconds that a signed address should hold at least: people keep pages open."""

LONGEST_WAIT = 30
"""Seconds that a visitor may wait for a storage that does not answer."""


def examine(storage: Storage, folder: str) -> Iterator[Finding]:
    """Everything there is to say about one storage. Leaves nothing in it."""
    probe = Probe(storage, folder)
    writing = list(_write(probe))
    yield from writing
    if probe.stored is not None:
        try:
            for question in (_read, _list, _permissions, _address):
                yield from question(probe)
        finally:
            deleting = list(_delete(probe))
        yield from deleting
    for question in (_signatures, _timeouts, _host_keys):
        yield from question(probe)


def _write(probe: Probe) -> Iterator[Finding]:
    try:
        probe.write()
    except Exception as exc:
        yield problem(
            "write",
            f"A picture cannot be stored ({said(exc)}).",
            "Check the credentials, the bucket or folder in OPTIONS, and that they allow writing "
            f"below {probe.folder!r} (for S3: s3:PutObject).",
        )
        return
    if probe.stored == probe.name:
        yield fine("write", "Pictures can be stored, and keep their names.")
    else:
        yield problem(
            "renames",
            f"The storage keeps {probe.name!r} under another name, {probe.stored!r}.",
            "Turn off what renames files: no get_available_name() or get_valid_name() of your own, "
            "no random suffixes. Names of pictures are never used twice.",
        )


def _read(probe: Probe) -> Iterator[Finding]:
    try:
        same = probe.read() == probe.data
    except Exception as exc:
        yield problem(
            "read",
            f"What was stored cannot be read back ({said(exc)}).",
            "Allow reading for the same credentials (for S3: s3:GetObject). avatars_rebuild and avatars_move need it.",
        )
        return
    if same:
        yield fine("read", "What is stored comes back as it was.")
    else:
        yield problem(
            "changed",
            "What is stored comes back changed.",
            "Turn off what compresses or converts files on their way (gzip, image optimisation at the storage).",
        )


def _list(probe: Probe) -> Iterator[Finding]:
    try:
        found = dict(listing.walk(probe.storage, probe.folder))
        age = time.time() - listing.modified(probe.storage, (probe.stored or "", found[probe.stored or ""]))
    except Exception as exc:
        yield problem(
            "list",
            f"Pictures cannot be listed with their times ({said(exc)}).",
            "Allow listing (for S3: s3:ListBucket). Without it avatars_prune cannot find what no row names.",
        )
        return
    if abs(age) > SKEW:
        yield _clocks("list", age)
    else:
        yield fine("list", "Pictures can be listed, with their times.")


def _permissions(probe: Probe) -> Iterator[Finding]:
    if not isinstance(probe.storage, FileSystemStorage):
        return
    path = probe.storage.path(probe.stored or "")
    if os.stat(path).st_mode & 0o004 and os.stat(os.path.dirname(path)).st_mode & 0o001:
        yield fine("permissions", "A web server of another user can read the files.")
    else:
        yield problem(
            "permissions",
            f"Only the user who runs Django can read the files in {probe.storage.location}.",
            "Set FILE_UPLOAD_PERMISSIONS = 0o644 and FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755, "
            "or run the web server in a group that may read them.",
        )


def _address(probe: Probe) -> Iterator[Finding]:
    try:
        url = probe.url
    except Exception as exc:
        yield problem(
            "address",
            f"Pictures have no address ({said(exc)}).",
            "Give the storage a base_url (local disk: MEDIA_URL), a custom_domain or a public endpoint.",
        )
        return
    if probe.is_remote:
        for question in (_bucket_name, _policy, _scheme, _served):
            yield from question(probe)
    else:
        yield advice(
            "address",
            f"Addresses begin with {url.partition(probe.folder)[0]!r}, on this site: who serves them is not known.",
            "Let your web server serve MEDIA_ROOT there, with X-Content-Type-Options: nosniff and a year of caching.",
        )


def _bucket_name(probe: Probe) -> Iterator[Finding]:
    bucket = str(getattr(probe.storage, "bucket_name", None) or "")
    if not bucket:
        return
    where = urlsplit(probe.url)
    in_host = where.netloc.startswith(f"{bucket}.")
    if where.netloc.startswith(f"{bucket}.{bucket}.") or (in_host and where.path.startswith(f"/{bucket}/")):
        yield problem(
            "bucket_twice",
            f"The bucket {bucket!r} is twice in the address {probe.url.partition('?')[0]!r}.",
            "Leave the bucket out of endpoint_url (and of location): endpoint_url is the address of the whole region.",
        )


def _policy(probe: Probe) -> Iterator[Finding]:
    where = urlsplit(probe.url)
    origin = f"{where.scheme}://{where.netloc}"
    policy = getattr(settings, "SECURE_CSP", None) or getattr(settings, "CONTENT_SECURITY_POLICY", {}).get("DIRECTIVES")
    if not policy:
        yield fine(
            "csp",
            f"No Content-Security-Policy is set here. If something else sets one, it must have {origin} in img-src.",
        )
        return
    sources = [str(source) for source in policy.get("img-src") or policy.get("default-src") or ["*"]]
    if any(source in ("*", origin, where.netloc, f"{where.scheme}:") for source in sources):
        yield fine("csp", "The Content-Security-Policy lets pictures be shown.")
    else:
        yield problem(
            "csp",
            f"The Content-Security-Policy forbids the pictures: img-src is {' '.join(sources)}.",
            f"Add {origin} to img-src.",
        )


def _scheme(probe: Probe) -> Iterator[Finding]:
    if urlsplit(probe.url).scheme == "http" and settings.SECURE_SSL_REDIRECT:
        yield problem(
            "https",
            f"Pages are delivered by https, and pictures by http: {probe.url.partition('?')[0]!r}. "
            "Browsers do not show them.",
            "Use an https address: url_protocol 'https:', an https endpoint_url or custom_domain, secure=True.",
        )


def _served(probe: Probe) -> Iterator[Finding]:
    answer = probe.answer
    if answer.status != 200:
        yield _unreachable(probe)
        return
    yield fine("reachable", "The address of a picture answers from here.")
    yield from _headers(probe)
    yield from _exposed(probe)
    if "date" in answer.headers:
        age = time.time() - parsedate_to_datetime(answer.headers["date"]).timestamp()
        if abs(age) > SKEW:
            yield _clocks("clock", age)


def _unreachable(probe: Probe) -> Finding:
    where = probe.url.partition("?")[0]
    if probe.answer.status in (401, 403):
        return problem(
            "forbidden",
            f"The address of a picture answers {probe.answer.status} to visitors: {where!r}.",
            "Let everybody read objects (a bucket policy, not an ACL for each file), or sign addresses: "
            "querystring_auth=True, "
            "and no custom_domain without a signer, which drops the signature.",
        )
    return problem(
        "unreachable",
        f"The address of a picture does not answer from here: {where!r} ({probe.answer.error or probe.answer.status}).",
        "Check custom_domain, location and endpoint_url: open the address in a browser. "
        "If only visitors can reach it (a CDN, another network), this may be as you meant it.",
    )


def _headers(probe: Probe) -> Iterator[Finding]:
    headers = probe.answer.headers
    kind = headers.get("content-type", "nothing")
    if not kind.startswith("image/"):
        yield problem(
            "content_type",
            f"Pictures are served as {kind}, not as image/webp.",
            "Do not set ContentType in object_parameters, and let the storage or web server know image/webp.",
        )
    caching = headers.get("cache-control", "")
    if "max-age" not in caching or any(word in caching for word in ("no-store", "no-cache", "max-age=0")):
        yield advice(
            "cache_control",
            f"Pictures are served with Cache-Control: {caching or 'nothing'}, so browsers fetch them again and again.",
            "Let them be kept: public, max-age=31536000, immutable. A picture never changes under its address. "
            "(In object_parameters, at the CDN, or in the web server.)",
        )
    if headers.get("access-control-allow-origin") is None:
        yield fine(
            "cors", "No CORS headers: right for pages, which need none. Front ends that draw pictures into a canvas do."
        )


def _exposed(probe: Probe) -> Iterator[Finding]:
    where = urlsplit(probe.url)
    bucket = getattr(probe.storage, "bucket_name", None)
    inside = f"/{bucket}/" if bucket and where.path.startswith(f"/{bucket}/") else "/"
    listed = fetch(f"{where.scheme}://{where.netloc}{inside}")
    if listed.status == 200 and b"<ListBucketResult" in listed.body:
        yield problem(
            "listed_to_all",
            "Everybody can list what is in the bucket, and so find every file in it.",
            "Take listing away from the public (for S3: s3:ListBucket; for Spaces: 'Restrict File Listing').",
        )


def _delete(probe: Probe) -> Iterator[Finding]:
    failed = probe.delete()
    try:
        is_there = probe.read() == probe.data
    except Exception:
        is_there = False
    if failed or is_there:
        yield problem(
            "delete",
            f"A picture cannot be deleted; {probe.stored!r} is left in the storage.",
            "Allow deleting (for S3: s3:DeleteObject). Without it old pictures stay for ever.",
        )
    else:
        yield fine("delete", "Pictures can be deleted.")


def _signatures(probe: Probe) -> Iterator[Finding]:
    lifetime = probe.backend.url_lifetime
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
    config = getattr(probe.storage, "client_config", None)
    if config is not None:
        tries = (config.retries or {}).get("total_max_attempts") or (config.retries or {}).get("max_attempts", 4) + 1
        waits = tries * max(config.connect_timeout, config.read_timeout)
        way_out = "client_config=Config(connect_timeout=3, read_timeout=10, retries={'total_max_attempts': 2})"
    elif type(probe.backend).__module__.endswith(".sftp"):
        waits = probe.storage.params.get("timeout") or FOR_GOOD
        way_out = "params={'timeout': 10, ...}"
    else:
        return
    if waits > LONGEST_WAIT:
        yield advice(
            "timeouts",
            "When the storage does not answer, a visitor waits for "
            + (f"{waits:g} seconds." if waits < FOR_GOOD else "ever."),
            f"Set time-outs: {way_out}.",
        )


def _host_keys(probe: Probe) -> Iterator[Finding]:
    if not type(probe.backend).__module__.endswith(".sftp"):
        return
    known = probe.storage.known_host_file or os.path.expanduser("~/.ssh/known_hosts")
    if not os.path.exists(known) or not os.path.getsize(known):
        yield problem(
            "host_keys",
            f"The SFTP server is not known: there is no host key in {known}, so any server is believed.",
            "Write its key there once (ssh-keyscan), and say where in known_host_file.",
        )


def _clocks(code: str, seconds: float) -> Finding:
    return problem(
        code,
        f"The clocks of this machine and of the storage differ by {abs(seconds):.0f} seconds.",
        "Set both by NTP. Signatures are refused when clocks differ, and avatars_prune goes by the age of files.",
    )
