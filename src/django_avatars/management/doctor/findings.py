"""What the doctor says: Django's check messages, in plain words and in bounded time."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.core.checks import CheckMessage, Error, Info, Warning

Answer = TypeVar("Answer")

LIMIT = 30.0
"""Seconds that one question may take, whatever it waits for: a name server, a storage, a cache."""

FINE = {
    "write": "Pictures can be stored, and keep their names.",
    "read": "What is stored comes back as it was.",
    "list": "Pictures can be listed, with their times.",
    "permissions": "A web server of another user can read the files.",
    "csp": "The Content-Security-Policy of the settings lets pictures be shown, or there is none.",
    "reachable": "The address of a picture answers from here.",
    "delete": "Pictures can be deleted.",
}
"""What there is to say where nothing is to be done."""

ADVICE = {
    "memory": (
        "Pictures are kept in the memory of one process: they are gone when it ends, and no other has them.",
        "Use another storage than InMemoryStorage, which is for tests.",
    ),
    "above": (
        "The files in {location} are open, but others cannot enter {closed} above it.",
        "Let the web server's user enter it (chmod o+x), unless it sees the files from elsewhere, as in a container.",
    ),
    "address": (
        "Addresses begin with {base!r}, on this site: who serves them is not known.",
        "Let your web server serve its folder there, with X-Content-Type-Options: nosniff and a year of caching.",
    ),
    "cache_control": (
        "Pictures are served with Cache-Control: {caching}, so browsers fetch them again and again.",
        "Let them be kept: public, max-age=31536000, immutable. A picture never changes under its address.",
    ),
    "disposition": (
        "Pictures are served as attachments: who opens the address of one gets a download.",
        "Leave ContentDisposition out of object_parameters, or make it inline.",
    ),
    "timeouts": (
        "When the storage does not answer, a visitor waits for {waits:g} seconds.",
        "Set time-outs: timeout=10.",
    ),
}
"""What works and could work better, and how."""

PROBLEMS = {
    "time": (
        "{what} did not end: {exc}.",
        "See whether names are resolved and the server answers, and set time-outs in the OPTIONS of the storage.",
    ),
    "made": (
        "The storage cannot be made ({exc}).",
        "Check BACKEND and OPTIONS of this alias in STORAGES, and that the package it needs is installed.",
    ),
    "cache": (
        "CACHES['default'] counts nothing ({exc}), so AVATARS['RATE_LIMIT'] lets everybody through.",
        "Let it be a Redis or Memcached that answers, or count elsewhere: RATE_LIMIT may be a dotted path.",
    ),
    "rows": (
        "Of the {count} newest pictures of {field}, {missing} are not in the storage.",
        "Check that this storage belongs to this database. avatars_missing lists all such rows; if they are in the "
        "storage that you had before, avatars_move copies them.",
    ),
    "clock": (
        "The clocks of this machine and of the storage differ ({exc}).",
        "Set both by NTP. Signatures are refused when clocks differ, and avatars_prune goes by the age of files.",
    ),
    "write": (
        "A picture cannot be stored ({exc}).",
        "Check in OPTIONS the address of the service, the credentials, and that the bucket or folder exists; "
        "then, that they allow writing below {folder!r} (for S3: s3:PutObject).",
    ),
    "renames": (
        "The storage keeps {name!r} under another name, {stored!r}.",
        "Turn off what renames files: no get_available_name() or get_valid_name() of your own, no random suffixes.",
    ),
    "read": (
        "What was stored cannot be read back ({exc}).",
        "If storing fails as well, begin there. Else allow reading for the same credentials (for S3: s3:GetObject): "
        "avatars_rebuild and avatars_move need it.",
    ),
    "changed": (
        "What is stored comes back changed.",
        "Turn off what compresses or converts files on their way (gzip, image optimisation at the storage).",
    ),
    "list": (
        "Pictures cannot be listed with their times ({exc}).",
        "Allow listing (for S3: s3:ListBucket). Without it avatars_prune cannot find what no row names.",
    ),
    "delete": (
        "A picture cannot be deleted; {stored!r} is left in the storage.",
        "Allow deleting (for S3: s3:DeleteObject). Without it old pictures stay for ever.",
    ),
    "media_root": (
        "MEDIA_ROOT is not set, so pictures are stored where the program was started: {location}.",
        "Set MEDIA_ROOT to a folder of its own, outside of the code.",
    ),
    "permissions": (
        "Only the user who runs Django can read the files in {location}.",
        "Set FILE_UPLOAD_PERMISSIONS = 0o644 and FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755, and let others enter "
        "{closed} (chmod o+x), or run the web server in a group that may read them.",
    ),
    "address": (
        "Pictures have no address ({exc}).",
        "Give the storage a base_url (local disk: MEDIA_URL), a custom_domain or a public endpoint.",
    ),
    "media_url": (
        "Addresses begin with {base!r}, where pictures are not found: {why}.",
        'Set MEDIA_URL to a path of its own that begins and ends with a slash, such as "/media/".',
    ),
    "csp": (
        "The Content-Security-Policy does not name {origin}: img-src is {sources}.",
        "Add {origin} to img-src.",
    ),
    "bucket_twice": (
        "The bucket is twice in the address {url!r}.",
        "Leave it out of endpoint_url, custom_domain and location: endpoint_url is the address of the whole region.",
    ),
    "https": (
        "Pages are delivered by https, and pictures by http: {url!r}. Browsers do not show them.",
        "Use an https address: url_protocol 'https:', an https endpoint_url or custom_domain, secure=True.",
    ),
    "forbidden": (
        "The address of a picture answers {answer} to visitors: {url!r}.",
        "Let everybody read objects (a bucket policy, not an ACL for each file), or sign addresses: "
        "querystring_auth=True, and no custom_domain without a signer, which drops the signature.",
    ),
    "unreachable": (
        "The address of a picture does not answer from here: {url!r} ({answer}).",
        "Check custom_domain, location and endpoint_url: open the address in a browser. If only visitors can reach it "
        "(a CDN, another network), this may be as you meant it.",
    ),
    "other_file": (
        "The address of a picture answers with something else than was stored: {url!r}.",
        "Check custom_domain, base_url and location: they may lead to another bucket, or to a page that answers "
        "everything. If a CDN changes pictures on their way, let it leave these as they are.",
    ),
    "content_type": (
        "Pictures are served as {kind}, not as image/webp.",
        "Do not set ContentType in object_parameters, and let the storage or web server know image/webp.",
    ),
    "listed_to_all": (
        "Everybody can list what is in the bucket, and so find every file in it.",
        "Take listing away from the public (for S3: s3:ListBucket; for Spaces: 'Restrict File Listing').",
    ),
    "signatures": (
        "Addresses are signed for {lifetime:g} seconds and used for half of that, and pages may be kept for {kept:g} "
        "seconds: their pictures would be missing.",
        "Sign for longer: querystring_expire = {longer:g} or more. Or make pictures public.",
    ),
    "host_keys": (
        "The SFTP server is not known: there is no host key in {hosts}, so any server is believed.",
        "Write its key there once (ssh-keyscan), and say where in known_host_file.",
    ),
}
"""What does not work, and the way out."""


def fine(code: str) -> CheckMessage:
    """Nothing to do."""
    return Info(FINE[code], id=f"avatars_doctor.{code}")


def advice(code: str, **facts: object) -> CheckMessage:
    """It works, and could work better."""
    says, way_out = (text.format(**facts) for text in ADVICE[code])
    return Warning(says, hint=way_out, id=f"avatars_doctor.{code}")


def problem(code: str, exc: BaseException | str = "", **facts: object) -> CheckMessage:
    """It does not work. An exception becomes one line."""
    reason = exc if isinstance(exc, str) else f"{type(exc).__name__}: {' '.join(str(exc).split())[:200]}"
    says, way_out = (text.format(exc=reason, **facts) for text in PROBLEMS[code])
    return Error(says, hint=way_out, id=f"avatars_doctor.{code}")


def within(work: Callable[[], Answer]) -> Answer:
    """
    Call `work` in another thread. Raises `TimeoutError` if it takes more than `LIMIT` seconds.

    Only a thread can be left behind when a name server does not answer. It does not keep the command from ending.
    """
    outcome: queue.SimpleQueue[Callable[[], Answer]] = queue.SimpleQueue()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            answer = context.run(work)
            outcome.put(lambda: answer)
        except BaseException as exc:
            failed = exc
            outcome.put(lambda: _throw(failed))

    threading.Thread(target=run, daemon=True).start()
    try:
        ended = outcome.get(timeout=LIMIT)
    except queue.Empty:
        raise TimeoutError(f"no answer within {LIMIT:g} seconds") from None
    return ended()


def _throw(exc: BaseException) -> Answer:  # type: ignore[type-var]  # it never returns
    raise exc


def bounded(question: Callable[[], Iterable[CheckMessage]], what: str) -> list[CheckMessage]:
    """What a question finds, or that it found no end."""
    try:
        return within(lambda: list(question()))
    except TimeoutError as exc:
        return [problem("time", str(exc), what=what)]
