"""Where does the time of an upload go? CPU of each step of ours, of decoding and encoding alone, and of Django."""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..peers import OURS, Make

REPEATS = 10
STEPS = ("decode ms", "cut ms", "turn, colors ms", "halve ms", "encode ms")


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Those of which the goals speak."""
    for label in ("12 MP phone JPEG", "1 MP JPEG"):
        yield {"case": label, "peers": (OURS,)}


def run(call: Any, case: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """One round."""
    from .. import inputs

    yield OURS, call(OURS, "where", photo=str(inputs.path(inputs.CASES[case["case"]])))


def measure(*, photo: str) -> dict[str, float]:
    """Medians over `REPEATS` uploads, each beside a run of bare."""
    import statistics

    from .. import site
    from ..peers import bare

    module = site.open_site(OURS, Make())
    site.create_tables()
    users = site.people(REPEATS + 2)
    limit = bare.pipeline(Make())
    limit.prepare(photo)
    spent = _watched()
    found: list[dict[str, float]] = []
    for user in users:
        file = site.uploaded_file(Path(photo))
        spent.clear()
        start = time.process_time()
        module.upload(user, file)
        uploaded = time.process_time()
        limit(photo)
        both = {step: spent[step] * 1000 for step in STEPS}
        both["other of the pipeline ms"] = spent["process"] * 1000 - sum(both.values())
        both["Django, files, row ms"] = (uploaded - start - spent["process"]) * 1000
        both["upload ms"] = (uploaded - start) * 1000
        both["bare ms"] = (time.process_time() - uploaded) * 1000
        found.append(both)
    return {key: statistics.median(one[key] for one in found[2:]) for key in found[0]}


def _watched() -> defaultdict[str, float]:
    """Seconds by step, counted from now on: each step of the pipeline is wrapped."""
    from django_avatars.imaging import color, encode, pipeline

    spent: defaultdict[str, float] = defaultdict(float)

    def watch(owner: Any, name: str, step: str, finished: Callable[[Any], Any] = lambda answer: answer) -> None:
        work = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            try:
                return finished(work(*args, **kwargs))
            finally:
                spent[step] += time.process_time() - start

        setattr(owner, name, watched)

    watch(pipeline, "open_image", "decode ms")
    watch(pipeline, "load", "decode ms")
    watch(pipeline, "crop_to", "cut ms")
    watch(pipeline, "transpose", "turn, colors ms")
    watch(color.Conversion, "__call__", "turn, colors ms")
    watch(encode, "shrink", "halve ms", list)
    watch(encode, "encode", "encode ms")
    watch(pipeline, "process", "process")
    return spent
