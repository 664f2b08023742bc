"""The questions about addresses: what they look like, who answers there, and with what."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from django.conf import settings

from . import policy
from .findings import Finding, advice, clocks, fine, problem, said
from .probe import Probe, fetch

SKEW = 60
"""Seconds that two clocks may differ; services refuse signatures from 5 to 15 minutes on."""


def address(probe: Probe) -> Iterator[Finding]:
    """Everything about the address of the picture."""
    try:
        url = probe.url
    except Exception as exc:
        yield problem(
            "address",
            f"Pictures have no address ({said(exc)}).",
            "Give the storage a base_url (local disk: MEDIA_URL), a custom_domain or a public endpoint.",
        )
        return
    yield from _policy(probe)
    if probe.is_remote:
        for question in (_bucket_name, _scheme, _served):
            yield from question(probe)
    else:
        yield from _local(url.partition(probe.folder)[0])


def _local(base: str) -> Iterator[Finding]:
    yield advice(
        "address",
        f"Addresses begin with {base!r}, on this site: who serves them is not known.",
        "Let your web server serve MEDIA_ROOT there, with X-Content-Type-Options: nosniff and a year of caching.",
    )
    if base and base == settings.STATIC_URL:
        yield problem(
            "media_url",
            f"Pictures and static files have the same address, {base!r}: one of them is not found.",
            "Give MEDIA_URL another value than STATIC_URL.",
        )


def _bucket_name(probe: Probe) -> Iterator[Finding]:
    if probe.has_bucket_twice:
        yield problem(
            "bucket_twice",
            f"The bucket {probe.inner.bucket_name!r} is twice in the address {_shown(probe)!r}.",
            "Leave the bucket out of endpoint_url, of custom_domain and of location: endpoint_url is the address of "
            "the whole region.",
        )


def _policy(probe: Probe) -> Iterator[Finding]:
    where = urlsplit(probe.url)
    origin = f"{where.scheme}://{where.netloc}" if where.netloc else "'self'"
    sources = policy.sources()
    if sources is None:
        yield fine(
            "csp",
            f"No Content-Security-Policy is set here. If something else sets one, it must have {origin} in img-src.",
        )
    elif policy.allows(sources, probe.url):
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
            f"Pages are delivered by https, and pictures by http: {_shown(probe)!r}. Browsers do not show them.",
            "Use an https address: url_protocol 'https:', an https endpoint_url or custom_domain, secure=True.",
        )


def _served(probe: Probe) -> Iterator[Finding]:
    if probe.answer.status != 200:
        yield _unreachable(probe)
        return
    yield fine("reachable", "The address of a picture answers from here.")
    for question in (_body, _headers, _exposed, _clock):
        yield from question(probe)


def _unreachable(probe: Probe) -> Finding:
    if probe.answer.status in (401, 403):
        return problem(
            "forbidden",
            f"The address of a picture answers {probe.answer.status} to visitors: {_shown(probe)!r}.",
            "Let everybody read objects (a bucket policy, not an ACL for each file), or sign addresses: "
            "querystring_auth=True, "
            "and no custom_domain without a signer, which drops the signature.",
        )
    return problem(
        "unreachable",
        f"The address of a picture does not answer from here: {_shown(probe)!r} "
        f"({probe.answer.error or probe.answer.status}).",
        "Check custom_domain, location and endpoint_url: open the address in a browser. "
        "If only visitors can reach it (a CDN, another network), this may be as you meant it.",
    )


def _body(probe: Probe) -> Iterator[Finding]:
    if not probe.resizes and probe.answer.body != probe.data:
        yield problem(
            "other_file",
            f"The address of a picture answers with something else than was stored: {_shown(probe)!r}.",
            "Check custom_domain, base_url and location: they may lead to another bucket, or to a page that answers "
            "everything. If a CDN changes pictures on their way, let it leave these as they are.",
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
    if headers.get("content-disposition", "").startswith("attachment"):
        yield advice(
            "disposition",
            "Pictures are served as attachments: who opens the address of one gets a download.",
            "Leave ContentDisposition out of object_parameters, or make it inline.",
        )
    if headers.get("access-control-allow-origin") is None:
        yield fine(
            "cors", "No CORS headers: right for pages, which need none. Front ends that draw pictures into a canvas do."
        )


def _exposed(probe: Probe) -> Iterator[Finding]:
    where = urlsplit(probe.url)
    bucket = getattr(probe.inner, "bucket_name", None)
    inside = f"/{bucket}/" if bucket and where.path.startswith(f"/{bucket}/") else "/"
    listed = fetch(f"{where.scheme}://{where.netloc}{inside}")
    if listed.status == 200 and b"<ListBucketResult" in listed.body:
        yield problem(
            "listed_to_all",
            "Everybody can list what is in the bucket, and so find every file in it.",
            "Take listing away from the public (for S3: s3:ListBucket; for Spaces: 'Restrict File Listing').",
        )


def _clock(probe: Probe) -> Iterator[Finding]:
    try:
        age = time.time() - parsedate_to_datetime(probe.answer.headers["date"]).timestamp()
    except (KeyError, ValueError):  # a server without a clock, or with odd words for the time
        return
    if abs(age) > SKEW:
        yield clocks("clock", f"differ by {abs(age):.0f} seconds")


def _shown(probe: Probe) -> str:
    """The address without its signature."""
    return probe.url.partition("?")[0]
