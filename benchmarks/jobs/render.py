"""What does a page of many pictures cost? CPU per picture, queries, storage calls and memory, cold and warm."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..peers import BASELINES, OURS, PEERS, Make

NOOP = "no-op tag"
LOOP = "empty loop"
PAGES = {
    NOOP: "{% load benchmark %}{% for user in users %}{% noop user 48 %}{% endfor %}",
    LOOP: "{% for user in users %}{% endfor %}",
}
"""Limits: what Django takes for calling a `simple_tag` that does nothing, and for the loop alone."""

TRUSTING = ("plain", "imagekit", "pictures", "stdimage", "versatileimagefield")
"""Peers whose pages follow from rows alone."""

WARM = 5
"""Pages after the first; the fastest counts."""


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """By number of people and what they have; by storage."""
    everybody = (OURS, NOOP, LOOP, *BASELINES, *PEERS)
    yield {"case": "1,000 uploaded", "count": 1000, "peers": everybody}
    some = (OURS, NOOP, "plain")
    yield {"case": "1,000 initials", "count": 1000, "share": 0.0, "peers": (OURS, NOOP, "django_avatar")}
    yield {"case": "initials alone", "count": 1000, "peers": (OURS,)}
    if options.quick:
        return
    yield {"case": "50 uploaded", "count": 50, "peers": (OURS, NOOP, LOOP, "plain", "django_avatar")}
    yield {"case": "10,000 uploaded", "count": 10_000, "peers": some}
    yield {"case": "1,000 mixed", "count": 1000, "share": 0.5, "peers": (OURS, NOOP)}
    yield {"case": "10,000 initials", "count": 10_000, "share": 0.0, "peers": (OURS, NOOP)}
    remote = (OURS, "plain", "imagekit", "stdimage")
    yield {"case": "1,000 on a CDN", "count": 1000, "storage": "cdn", "peers": remote}
    yield {"case": "1,000 signed", "count": 1000, "storage": "signed", "peers": remote}


def run(call: Any, case: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """One round. Peers that look at files get real ones, made once for all rounds."""
    if case["case"] == "initials alone":
        yield OURS, call(OURS, "initials", count=case["count"])
        return
    for peer in case["peers"]:
        folder = case.setdefault("folders", {}).get(peer)
        environment = OURS if peer in PAGES else peer
        options = {
            "peer": peer,
            "count": case["count"],
            "share": case.get("share", 1.0),
            "storage": case.get("storage", "local"),
        }
        if folder is None:
            folder = case["folders"][peer] = tempfile.mkdtemp(prefix="avatars-benchmark-")
            call(environment, "render", **options, folder=folder, prepare=True)
        yield peer, call(environment, "render", **options, folder=folder)


def measure(
    *, peer: str, count: int, share: float, storage: str, folder: str, prepare: bool = False
) -> dict[str, float]:
    """The first page of a process, and the fastest of the following ones; instances are loaded anew for each."""
    from .. import site

    # Peers that look at files get real ones, of one size: a page shows no more.
    make = Make() if peer in (OURS, *PAGES, *TRUSTING) else Make(sizes=(64,))
    module = site.open_site(OURS if peer in PAGES else peer, make, folder=folder, **_storage(storage))
    if prepare:
        _fill(module, count, share)
        return {}
    template = template_of(PAGES.get(peer) or module.TEMPLATE)
    counts = _count_storage_calls()
    cold = _page(template, counts)
    if count <= 1000:
        warm = min((_page(template, counts) for _ in range(WARM)), key=lambda page: page["cpu"])
    else:
        warm = _page(template, counts)
    return {
        "warm": warm["cpu"] / count,
        "cold": cold["cpu"] / count,
        "queries": warm["queries"],
        "cold queries": cold["queries"],
        "storage calls": warm["calls"],
        "cold storage calls": cold["calls"],
        "memory": cold["memory"],
        "page bytes": warm["bytes"] / count,
    }


def template_of(source: str) -> Any:
    from django.template import Engine

    libraries = {"benchmark": "benchmarks.jobs.tags"}
    from django.template.backends.django import get_installed_libraries

    return Engine(libraries={**get_installed_libraries(), **libraries}, app_dirs=True).from_string(source)


def _page(template: Any, counts: dict[str, int]) -> dict[str, float]:
    from django.contrib.auth.models import User
    from django.db import connection
    from django.template import Context

    from ..meters import Meter

    related = [name for name in ("profile",) if name in {f.name for f in User._meta.related_objects if f.one_to_one}]
    users = list(User.objects.select_related(*related).order_by("pk") if related else User.objects.order_by("pk"))
    counts["calls"] = counts["queries"] = 0

    def counted(execute: Any, *args: Any) -> Any:
        counts["queries"] += 1
        return execute(*args)

    with connection.execute_wrapper(counted), Meter() as meter:
        text = template.render(Context({"users": users}))
    return {
        "cpu": meter.cpu,
        "memory": float(meter.memory),
        "queries": float(counts["queries"]),
        "calls": float(counts["calls"]),
        "bytes": float(len(text)),
    }


def _storage(kind: str) -> dict[str, Any]:
    if kind == "local":
        return {}
    options: dict[str, Any] = {
        "access_key": "key", "secret_key": "secret", "bucket_name": "avatars", "region_name": "eu-central-1",
        "file_overwrite": True,
    }  # fmt: skip
    if kind == "cdn":
        options |= {"custom_domain": "cdn.example.com", "querystring_auth": False}
    return {
        "STORAGES": {
            "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        }
    }


def _fill(module: Any, count: int, share: float) -> None:
    from pathlib import Path

    from .. import inputs, site

    site.create_tables()
    users = site.people(count)[: int(count * share)]
    if hasattr(module, "seed"):
        module.seed(users)
        return
    picture = inputs.FOLDER / "warm.jpg"
    for user in users:
        module.upload(user, site.uploaded_file(Path(picture)))


def _count_storage_calls() -> dict[str, int]:
    """Calls of a storage that cost a look at the disk or a request: everything but `url`."""
    from django.core.files.storage import FileSystemStorage

    counts = {"calls": 0}

    def counted(method: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            counts["calls"] += 1
            return method(*args, **kwargs)

        return call

    for name in ("exists", "open", "size", "listdir", "get_modified_time", "save", "delete"):
        setattr(FileSystemStorage, name, counted(getattr(FileSystemStorage, name)))
    return counts


def clean(case: dict[str, Any]) -> None:
    """Remove what was made for all rounds."""
    for folder in case.get("folders", {}).values():
        shutil.rmtree(Path(folder), ignore_errors=True)
