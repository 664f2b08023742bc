"""What does one upload cost? CPU, wall and peak memory of storing a photo in four sizes."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..peers import BASELINES, LIMITS, OPENCV, OURS, PEERS, Make

LEAST, MOST, SECONDS = 2, 8, 0.4
"""
How many uploads count for time, after the one that counts for memory (by then the process has the memory it
needs): as many as fit into so many seconds.
"""


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """By input; by photo of one's own; the largest that are accepted; by number of sizes; by format."""
    from .. import inputs

    everybody = (OURS, *PEERS, *BASELINES, *LIMITS)
    quick = ("12 MP phone JPEG", "1 MP JPEG", "2 MP PNG, alpha", "4 MP WebP", "12 MP WebP")
    for label in quick if options.quick else inputs.CASES:
        peers = (*everybody, OPENCV) if label.endswith("WebP") else everybody
        yield {"case": label, "input": inputs.CASES[label], "peers": peers}
    for photo in inputs.photos(options.photos):
        yield {"case": photo.name, "input": photo, "peers": everybody}
    if options.quick:
        return
    for label, picture in inputs.LARGEST.items():
        yield {"case": label, "input": picture, "peers": (OURS,), "runs": 1}
    phone = inputs.CASES["12 MP phone JPEG"]
    some = (OURS, "django_avatar", "imagekit", "pictures", "naive", "bare")
    many = (1024, 512, 256, 192, 128, 96, 64, 48)
    yield {"case": "1 size", "input": phone, "peers": some, "sizes": (256,)}
    yield {"case": "8 sizes", "input": phone, "peers": some, "sizes": many}
    yield {"case": "to JPEG", "input": phone, "peers": (*some, "stdimage", "vips"), "format": "jpg"}
    yield {
        "case": "to AVIF",
        "input": phone,
        "peers": (OURS, "pictures", "naive", "bare"),
        "format": "avif",
    }


def run(call: Any, case: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """One round: everybody once."""
    from .. import inputs

    photo = inputs.path(case["input"])
    warm = inputs.path(inputs.SMALL.get(photo.suffix[1:].lower(), inputs.SMALL["jpg"]))
    for peer in case["peers"]:
        given = {key: case[key] for key in ("sizes", "format") if key in case}
        yield peer, call(peer, "upload", peer=peer, photo=str(photo), warm=str(warm), **given)


def measure(
    *, peer: str, photo: str, warm: str, sizes: Any = Make.sizes, format: str = Make.format
) -> dict[str, float]:
    """The memory of the first upload; the least CPU and wall of those that follow."""
    from ..meters import Meter

    make = Make(sizes=tuple(sizes), format=format)
    upload, size_of = _pipeline(peer, make, photo) if peer in LIMITS else _site(peer, make)
    upload(warm)()
    meters: list[Meter] = []
    while len(meters) <= LEAST or (len(meters) <= MOST and sum(meter.wall for meter in meters[1:]) < SECONDS):
        once = upload(photo)
        with Meter() as meter:
            once()
        meters.append(meter)
    return {
        "cpu": min(meter.cpu for meter in meters[1:]),
        "wall": min(meter.wall for meter in meters[1:]),
        "memory": float(meters[0].memory),
        **size_of(),
    }


def _pipeline(peer: str, make: Make, photo: str) -> Any:
    from importlib import import_module

    run = import_module(f"benchmarks.peers.{peer}").pipeline(make)
    last: list[bytes] = []

    def prepared(path: str) -> Any:
        getattr(run, "prepare", lambda path: None)(path)
        return lambda: last.__setitem__(slice(None), run(path))

    return prepared, lambda: {"bytes": float(sum(map(len, last))), "files": float(len(last))}


def _site(peer: str, make: Make) -> Any:
    from .. import site

    module = site.open_site(peer, make)
    site.create_tables()
    users = itertools.cycle(site.people(MOST + 2))
    before: set[Path] = set()

    def prepared(path: str) -> Any:
        user, file = next(users), site.uploaded_file(Path(path))
        before.update(_files())
        return lambda: module.upload(user, file)

    return prepared, lambda: _stored(_files() - before)


def _files() -> set[Path]:
    from django.conf import settings

    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def _stored(files: set[Path]) -> dict[str, float]:
    """What the last upload left, the original included where it is kept."""
    return {"bytes": float(sum(path.stat().st_size for path in files)), "files": float(len(files))}
