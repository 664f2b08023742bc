"""How many requests does S3 get? Upload, replacement, removal, a page of 50; and how many follow one another."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..peers import OURS, PEERS, Make

LATENCY = 0.1
"""Seconds that a request takes while round trips are counted: long enough that threads on a busy machine overlap."""


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One. Counts do not vary, so one round does."""
    yield {"case": "requests", "peers": (OURS, *PEERS, "plain"), "runs": 1}


def run(call: Any, case: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """One round: everybody once."""
    from .. import inputs

    photo, other = inputs.path(inputs.CASES["1 MP JPEG"]), inputs.path(inputs.SMALL["jpg"])
    for peer in case["peers"]:
        yield peer, call(peer, "s3", peer=peer, photo=str(photo), warm=str(other))


def measure(*, peer: str, photo: str, warm: str) -> dict[str, float]:
    """Through django-storages to a server on this machine that keeps objects in memory and counts."""
    from .. import s3_server, site
    from .render import template_of

    server = s3_server.start()
    module = site.open_site(peer, Make(), **_settings(server.port))
    from django.contrib.auth.models import User
    from django.template import Context

    site.create_tables()
    users = site.people(51)
    module.upload(users[-1], site.uploaded_file(Path(warm)))  # connections, and what is loaded at first use
    server.latency = LATENCY
    server.take()
    module.upload(users[0], site.uploaded_file(Path(photo)))
    uploaded = server.take()
    server.latency = 0.0
    user = User.objects.get(pk=users[0].pk)
    with_row = hasattr(user, "profile")
    another = site.uploaded_file(Path(photo))
    another.name = "another.jpg"
    module.upload(user, another)
    replaced = server.take()
    row = User.objects.get(pk=user.pk).profile if with_row else user.avatar_set.get(primary=True)
    row.delete()
    deleted = server.take()
    for user in users[:50]:
        module.upload(User.objects.get(pk=user.pk), site.uploaded_file(Path(warm)))
    shown = User.objects.filter(pk__lte=users[49].pk)
    template = template_of(module.TEMPLATE)
    page = list(shown.select_related("profile") if with_row else shown)
    server.take()
    template.render(Context({"users": page}))
    rendered = server.take()
    return {
        "upload": float(sum(uploaded.values())),
        "PUT": float(uploaded["PUT"]),
        "HEAD": float(uploaded["HEAD"]),
        "GET": float(uploaded["GET"]),
        "replace": float(sum(replaced.values())),
        "delete": float(sum(deleted.values())),
        "page of 50": float(sum(rendered.values())),
        "round trips": float(uploaded.round_trips),
    }


def _settings(port: int) -> dict[str, Any]:
    options = {
        "access_key": "key", "secret_key": "secret", "bucket_name": "avatars", "region_name": "us-east-1",
        "endpoint_url": f"http://127.0.0.1:{port}", "addressing_style": "path", "file_overwrite": True,
    }  # fmt: skip
    return {"STORAGES": {"default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}}
