"""The questions, in the order in which one asks them: each gives what it finds, and nothing when it does not apply."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from django.core.files.storage import FileSystemStorage, InMemoryStorage, Storage

from ...lifecycle import listing
from .address import SKEW, address
from .findings import Finding, advice, clocks, fine, problem, said
from .probe import Probe
from .service import service

_SKEWED = ("RequestTimeTooSkewed", "RequestExpired")
"""What S3 and its kin answer when the clocks differ too much."""


def examine(storage: Storage, folder: str) -> Iterator[Finding]:
    """Everything there is to say about one storage. Leaves nothing in it."""
    probe = Probe(storage, folder)
    writing = list(_write(probe))
    yield from writing
    if probe.name in probe.stored:
        try:
            for question in (_read, _list, _place, _permissions, address, _overwrite):
                yield from question(probe)
        finally:
            deleting = list(_delete(probe))
        yield from deleting
    else:
        probe.delete()
    yield from service(probe)


def _write(probe: Probe) -> Iterator[Finding]:
    try:
        probe.write()
    except Exception as exc:
        yield _unwritten(probe, exc)
        return
    if not probe.is_renamed:
        yield fine("write", "Pictures can be stored, and keep their names.")
        return
    name, stored = next((name, stored) for name, stored in probe.stored.items() if name != stored)
    yield problem(
        "renames",
        f"The storage keeps {name!r} under another name, {stored!r}.",
        "Turn off what renames files: no get_available_name() or get_valid_name() of your own, "
        "no random suffixes. Names of pictures are never used twice.",
    )


def _unwritten(probe: Probe, exc: Exception) -> Finding:
    if any(word in str(exc) for word in _SKEWED):
        return clocks("clock", f"differ so much that nothing can be stored ({said(exc)})")
    return problem(
        "write",
        f"A picture cannot be stored ({said(exc)}).",
        "Check the credentials, the bucket or folder in OPTIONS, and that they allow writing "
        f"below {probe.folder!r} (for S3: s3:PutObject).",
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
        stored = probe.stored[probe.name]
        age = time.time() - listing.modified(probe.storage, (stored, found[stored]))
    except Exception as exc:
        if _is_bucket_twice(probe):  # said with the address: listing asks for an object then
            return
        yield problem(
            "list",
            f"Pictures cannot be listed with their times ({said(exc)}).",
            "Allow listing (for S3: s3:ListBucket). Without it avatars_prune cannot find what no row names.",
        )
        return
    if abs(age) > SKEW:
        yield clocks("list", f"differ by {abs(age):.0f} seconds")
    else:
        yield fine("list", "Pictures can be listed, with their times.")


def _place(probe: Probe) -> Iterator[Finding]:
    if type(probe.inner) is InMemoryStorage:
        yield advice(
            "memory",
            "Pictures are kept in the memory of one process: they are gone when it ends, and no other has them.",
            "Use another storage than InMemoryStorage, which is for tests.",
        )
    if isinstance(probe.inner, FileSystemStorage) and not probe.inner.base_location:
        yield problem(
            "media_root",
            f"MEDIA_ROOT is not set, so pictures are stored where the program was started: {probe.inner.location}.",
            "Set MEDIA_ROOT to a folder of its own, outside of the code.",
        )


def _permissions(probe: Probe) -> Iterator[Finding]:
    if not isinstance(probe.inner, FileSystemStorage):
        return
    file, location = Path(probe.inner.path(probe.stored[probe.name])), Path(probe.inner.location)
    closed = [folder for folder in file.parents if not os.stat(folder).st_mode & 0o001]
    inside = [folder for folder in closed if folder.is_relative_to(location)]
    if inside or not os.stat(file).st_mode & 0o004:
        yield problem(
            "permissions",
            f"Only the user who runs Django can read the files in {location}.",
            "Set FILE_UPLOAD_PERMISSIONS = 0o644 and FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755, "
            f"and let others enter {inside[-1] if inside else location} (chmod o+x), "
            "or run the web server in a group that may read them.",
        )
    elif closed:
        yield advice(
            "permissions",
            f"The files in {location} are open, but others cannot enter {closed[-1]} above it.",
            "Let the web server's user enter it (chmod o+x), unless it sees the files from elsewhere, "
            "as in a container.",
        )
    else:
        yield fine("permissions", "A web server of another user can read the files.")


def _overwrite(probe: Probe) -> Iterator[Finding]:
    try:
        result = probe.write_again()
    except Exception as exc:
        result = f"is refused ({said(exc)})"
    yield fine("overwrite", f"A name that is taken {result}. Names of pictures are used once, so either is right.")


def _delete(probe: Probe) -> Iterator[Finding]:
    failed = probe.delete()
    if failed and _is_bucket_twice(probe):  # said with the address: deleting many asks for an object then
        return
    if failed or probe.is_there():
        yield problem(
            "delete",
            f"A picture cannot be deleted; {probe.stored[probe.name]!r} is left in the storage.",
            "Allow deleting (for S3: s3:DeleteObject). Without it old pictures stay for ever.",
        )
    else:
        yield fine("delete", "Pictures can be deleted.")


def _is_bucket_twice(probe: Probe) -> bool:
    try:
        return probe.has_bucket_twice
    except Exception:
        return False
