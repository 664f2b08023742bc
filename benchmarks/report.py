"""Medians, spread and ratios; the goals held against them; tables for people and for the documentation."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import statistics
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from . import environments, inputs
from .peers import IGNORES_ORIENTATION, KEEPS_FORMAT, OPENCV, OURS, PEERS

FILE = Path(__file__).parent / "results.json"
"""A complete run."""
PART = environments.FOLDER / "part.json"
"""The last run of a part."""
PAGE = environments.ROOT / "docs" / "explanation" / "speed.md"

UNITS: dict[str, tuple[str, float, int]] = {
    "cpu": ("CPU ms", 1e3, 1),
    "wall": ("wall ms", 1e3, 1),
    "memory": ("MB over start", 1e-6, 1),
    "bytes": ("kB", 1e-3, 0),
    "cold": ("cold µs", 1e6, 1),
    "warm": ("warm µs", 1e6, 2),
}
"""Heading, factor and digits of a quantity; others are printed as they are."""


PEAKS = {"sweep MB"}
"""Memory of rounds in one process: the later ones find what the first one took."""


class Results:
    """Everything that was measured: job → case → peer → quantity → the values of all rounds."""

    def __init__(self, data: dict[str, Any], file: Path = FILE) -> None:
        self.data = data
        self.file = file

    @classmethod
    def load(cls) -> Results:
        """What the last complete run left."""
        return cls(json.loads(FILE.read_text()))

    @classmethod
    def new(cls, file: Path, *, rounds: int) -> Results:
        """Of a run that begins now: nothing of an earlier one is kept."""
        return cls({"run": {**circumstances(), "rounds": rounds, "complete": False}, "jobs": {}}, file)

    def put(self, job: str, case: str, rounds: dict[str, list[dict[str, float]]]) -> None:
        """Store one case, in the file too: a run that is stopped has not been for nothing."""
        cases = self.data["jobs"].setdefault(job, {})
        found = cases.setdefault(case, {})
        for peer, answers in rounds.items():
            found[peer] = {key: [answer[key] for answer in answers] for key in answers[0]}
        if not found:
            del cases[case]
        self.save()

    def finish(self, *, minutes: float, complete: bool) -> None:
        """Say how long it took, and what was installed."""
        self.data["run"] |= {"minutes": round(minutes, 1), "complete": complete, "versions": environments.installed()}
        self.save()

    def save(self) -> None:
        """Write the file; one line for each list of rounds."""
        text = json.dumps(self.data, indent=1)
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda found: _one_line(found[1]), text) + "\n")

    def case(self, job: str, case: str) -> dict[str, dict[str, list[float]]]:
        """By peer, all values of each quantity; empty where it was not measured."""
        found: dict[str, dict[str, list[float]]] = self.data.get("jobs", {}).get(job, {}).get(case, {})
        return found

    def cases(self, job: str) -> list[str]:
        """Names of what was measured."""
        return list(self.data.get("jobs", {}).get(job, {}))

    def median(self, job: str, case: str, peer: str, key: str) -> float | None:
        """The median of all rounds, None where it was not measured; of `PEAKS` the largest."""
        values = self.case(job, case).get(peer, {}).get(key)
        if not values:
            return None
        return max(values) if key in PEAKS else statistics.median(values)

    def ratio(self, job: str, case: str, key: str, others: tuple[str, ...], *, peer: str = OURS) -> float | None:
        """
        `peer` to the best of `others`: the median over rounds of the ratio within a round.

        What ran in the same round met the same busy machine, so this is steadier than a ratio of medians.
        """
        mine = self.case(job, case).get(peer, {}).get(key)
        theirs = [found for other in others if (found := self.case(job, case).get(other, {}).get(key))]
        if not mine or not theirs:
            return None
        best = min(theirs, key=statistics.median)
        return statistics.median(a / b for a, b in zip(mine, best, strict=False) if b)

    def spread(self, job: str, case: str, peer: str, key: str) -> float | None:
        """Half of the range of all rounds, of the median."""
        values = self.case(job, case).get(peer, {}).get(key)
        middle = statistics.median(values) if values else 0
        return (max(values) - min(values)) / 2 / middle if values and middle else None


def circumstances() -> dict[str, Any]:
    """Where and when a run happens, and what is measured."""
    describe = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(describe, cwd=environments.ROOT, capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def _one_line(items: str) -> str:
    return f"[{', '.join(item.strip() for item in items.split(','))}]"


def table(job: str, case: str, results: Results) -> str:
    """Medians, spread of the first quantity, and its ratio to ours."""
    found = results.case(job, case)
    if not found:
        return f"{job}: {case}: nothing"
    keys = [key for key in next(iter(found.values())) if not key.startswith("_")]
    heads = [UNITS.get(key, (key, 1, 0))[0] for key in keys]
    lines = [f"\n{job}: {case}", f"{'':22}{''.join(f'{head:>15}' for head in heads)}{'spread':>9}{'x ours':>9}"]
    ours = results.median(job, case, OURS, keys[0])
    for peer, values in found.items():
        first = values[keys[0]]
        cells = "".join(f"{_cell(key, statistics.median(values[key])):>15}" for key in keys if key in values)
        middle = statistics.median(first)
        spread = f"±{(max(first) - min(first)) / 2 / middle:.0%}" if middle else ""
        lines.append(f"{peer:22}{cells}{spread:>9}{f'{middle / ours:.2f}' if ours else '':>9}")
    return "\n".join(lines)


def _cell(key: str, value: float) -> str:
    _, factor, digits = UNITS.get(key, (key, 1, 0 if float(value).is_integer() else 4))
    return f"{value * factor:,.{digits}f}"


UPRIGHT = tuple(peer for peer in PEERS if peer not in IGNORES_ORIENTATION)
SAME_WORK = tuple(peer for peer in PEERS if peer not in KEEPS_FORMAT)
"""Peers that make WebP of a JPEG as well."""


def goals(results: Results) -> str:
    """Every row of the goals, with what was measured."""
    lines = ["", f"{'goal':62}{'limit':>9}{'measured':>11}  "]
    for name, limit, value, _ in measured(results):
        lines.append(f"{name:62}{limit:>9.4g}{'' if value is None else f'{value:.3g}':>11}  {verdict(limit, value)}")
    return "\n".join(lines)


def verdict(limit: float, value: float | None) -> str:
    """In words. All limits are upper limits."""
    if value is None:
        return "not measured"
    return "met" if value <= limit else "**not met**"


PHONE, SMALL, PNG, WEBP, PHONE_WEBP = "12 MP phone JPEG", "1 MP JPEG", "2 MP PNG, alpha", "4 MP WebP", "12 MP WebP"
PAGE_1000, MIXED, INITIALS = "1,000 uploaded", "1,000 mixed", "initials alone"
REQUESTS, SETUP, SAVE, CROWD = "requests", "django.setup()", "save without a change", "fifty uploads"
MILLION = "1,000,000 people"


class Goal(NamedTuple):
    """An upper limit, and what was measured."""

    name: str
    limit: float
    value: float | None
    job: str
    """What measures it: ``python -m benchmarks JOB``."""


def measured(results: Results) -> list[Goal]:
    """All goals, in the order of the design."""

    def ratio(name: str, limit: float, job: str, case: str, *others: str, key: str = "cpu", peer: str = OURS) -> Goal:
        return Goal(name, limit, results.ratio(job, case, key, others, peer=peer), job)

    def ours(name: str, limit: float, job: str, case: str, key: str, factor: float = 1, *, peer: str = OURS) -> Goal:
        value = results.median(job, case, peer, key)
        return Goal(name, limit, None if value is None else value * factor, job)

    def largest(job: str, cases: Sequence[str], *keys: str, factor: float = 1) -> float | None:
        found = [results.median(job, case, OURS, key) for case in cases for key in keys]
        return None if not found or None in found else max(one or 0 for one in found) * factor

    return [
        ratio("12 MP JPEG, CPU: of the best peer that turns it", 0.08, "upload", PHONE, *UPRIGHT),
        ratio("12 MP JPEG, CPU: of bare decoding and encoding", 1.25, "upload", PHONE, "bare"),
        ratio("1 MP JPEG, CPU: of the best peer that makes WebP", 0.40, "upload", SMALL, *SAME_WORK),
        ratio("1 MP JPEG, CPU: of bare", 1.7, "upload", SMALL, "bare"),
        ratio("PNG, CPU: of the best peer", 0.32, "upload", PNG, *PEERS),
        ratio("PNG, CPU: of libvips", 1.0, "upload", PNG, "vips"),
        ratio("WebP, CPU: of the best peer", 0.37, "upload", WEBP, *PEERS),
        ratio("12 MP WebP, CPU, with OpenCV: of libvips", 1.5, "upload", PHONE_WEBP, "vips", peer=OPENCV),
        ours(
            "12 MP WebP, with OpenCV: peak memory over start, MB", 64, "upload", PHONE_WEBP, "memory", 1e-6, peer=OPENCV
        ),
        ours("50 uploads of 24 MP at once: peak of a process, MB", 350, "crowd", CROWD, "MB of a process, peak"),
        ours("50 uploads of 24 MP at once: a page meanwhile, p99, ms", 1000, "crowd", CROWD, "page p99 ms"),
        ours("50 uploads of 24 MP at once: answers but success and 503", 0, "crowd", CROWD, "other answers"),
        ours("save without a change: calls into the package", 12, "saves", SAVE, "calls"),
        ours("save without a change: queries", 1, "saves", SAVE, "queries"),
        ours("12 MP JPEG: peak memory over start, MB", 8, "upload", PHONE, "memory", 1e-6),
        Goal(
            "any file, the largest accepted too: peak memory over start, MB",
            200,
            largest("upload", results.cases("upload"), "memory", factor=1e-6),
            "upload",
        ),
        ours("SSIM lost to the naive pipeline, mean", 0.001, "quality", "webp", "SSIM, mean", -1),
        ours("SSIM lost to the naive pipeline, worst file", 0.01, "quality", "webp", "SSIM, worst", -1),
        ours("bytes: of the naive pipeline", 1.04, "quality", "webp", "bytes, x naive"),
        ratio(
            "tag, page of 1,000, half initials: of a tag that does nothing",
            1.6,
            "render",
            MIXED,
            "no-op tag",
            key="warm",
        ),
        ratio("tag: of django-avatar, warm", 1 / 14, "render", PAGE_1000, "django_avatar", key="warm"),
        ours("tag: queries", 0, "render", PAGE_1000, "cold queries"),
        ours("tag: storage calls", 0, "render", PAGE_1000, "cold storage calls"),
        ours("initials, µs", 1.0, "render", INITIALS, "warm", 1e6),
        ours("start-up: modules beyond Django's", 12, "startup", SETUP, "modules"),
        Goal("start-up: PIL, boto3 or numpy loaded", 0, largest("startup", (SETUP,), "PIL", "numpy, boto3"), "startup"),
        ours("S3, upload of four files: requests", 4, "s3", REQUESTS, "upload"),
        ours("S3, upload: HEAD and GET", 0, "s3", REQUESTS, "HEAD"),
        ours("S3, upload: round trips one after another", 1.5, "s3", REQUESTS, "round trips"),
        ours("S3, replacement: requests", 5, "s3", REQUESTS, "replace"),
        ours("S3, removal: requests", 1, "s3", REQUESTS, "delete"),
        ours("S3, page of 50: requests", 0, "s3", REQUESTS, "page of 50"),
        ours("sweep of 1,000,000 files: listings", 1, "growth", MILLION, "listings"),
        ours("sweep of 1,000,000 files: peak memory over start, MB", 50, "growth", MILLION, "sweep MB"),
    ]


def write_docs(results: Results) -> None:
    """Replace what is between the markers of the page with today's tables."""
    text = PAGE.read_text()
    for name, make in TABLES.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n\n{make(results)}\n\n{end}{after}"
    PAGE.write_text(text)


def run_table(results: Results) -> str:
    """What ran, where, and when."""
    run = results.data["run"]
    versions = run["versions"]
    shared = versions[OURS]
    peers = (
        f"{package} {version}"
        for peer in (*PEERS, "vips")
        for package, version in versions.get(peer, {}).items()
        if package not in shared
    )
    rows = [
        ("commit, date", f"{run['commit']}, {run['date'].replace('T', ' ').replace('+00:00', ' UTC')}"),
        ("processors", f"{run['cpus']}, {run['machine']}"),
        ("rounds", f"{run['rounds']}, in {run['minutes']:.0f} minutes"),
        ("all", ", ".join([f"Python {run['python']}", *(f"{name} {version}" for name, version in shared.items())])),
        ("peers", ", ".join(peers)),
    ]
    return "\n".join(["|  |  |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows)])


def detail(results: Results, job: str, case: str, keys: tuple[str, ...]) -> str:
    """As `columns`, with the spread of the first quantity: half of the range of the rounds, of the median."""
    head, _, rows = columns(results, job, (case,), keys).partition("\n")
    rule, *lines = rows.splitlines()
    told = []
    for peer, line in zip(results.case(job, case), lines, strict=True):
        spread = results.spread(job, case, peer, keys[0])
        told.append(f"{line} {'' if spread is None else f'±{spread:.0%}'} |")
    return "\n".join([f"{head} spread |", f"{rule}--:|", *told])


def goals_table(results: Results) -> str:
    """The goals, as Markdown."""
    rows = [
        (goal.name, _number(goal.limit), _number(goal.value), verdict(goal.limit, goal.value), f"`{goal.job}`")
        for goal in measured(results)
    ]
    return markdown(("goal (upper limits)", "limit", "measured", "", "by the job"), rows)


def matrix(results: Results, job: str, key: str, cases: tuple[str, ...]) -> str:
    """Medians of one quantity: peers down, cases across."""
    _, factor, _ = UNITS.get(key, (key, 1.0, 0))
    there = [case for case in cases if results.case(job, case)]
    peers = list(dict.fromkeys(peer for case in there for peer in results.case(job, case)))
    rows = []
    for peer in peers:
        values = (results.median(job, case, peer, key) for case in there)
        rows.append((peer.replace("_", "-"), *("" if value is None else _number(value * factor) for value in values)))
    return markdown(("", *there), rows)


def columns(results: Results, job: str, cases: tuple[str, ...], keys: tuple[str, ...]) -> str:
    """Medians of several quantities: peers and cases down, quantities across."""
    rows = []
    for case in cases:
        for peer in results.case(job, case):
            label = peer.replace("_", "-") if len(cases) == 1 else f"{case}: {peer.replace('_', '-')}"
            medians = (results.median(job, case, peer, key) for key in keys)
            scales = (UNITS.get(key, (key, 1.0, 0))[1] for key in keys)
            cells = (None if value is None else value * scale for value, scale in zip(medians, scales, strict=True))
            rows.append((label, *map(_number, cells)))
    return markdown(("", *(UNITS.get(key, (key, 1.0, 0))[0] for key in keys)), rows)


def markdown(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table; numbers to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) >= 100 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.3g}"


INPUTS = (PHONE, "12 MP photo", "12 MP progressive", SMALL, PNG, WEBP, PHONE_WEBP, "small GIF")
PAGES = (PAGE_1000, "50 uploaded", "10,000 uploaded", "1,000 initials", "10,000 initials", "1,000 mixed")
SERVERS = ("gunicorn", "uvicorn", "uvicorn, coroutines")
SIZES = ("1,000 people", "100,000 people", MILLION)
LOAD = (
    *("uploads/s", "upload p50 ms", "upload p99 ms", "pages/s", "page p50 ms", "page p99 ms"),
    *("page, in empty views", "page p99 ms beside uploads", "MB of workers"),
)
GROWTH = (
    *("cpu", "wall", "upload SQL ms", "upload queries", "page CPU ms", "page wall ms"),
    *("sweep wall s", "sweep CPU s", "sweep wall µs a file", "sweep MB", "sweep queries", "listings"),
)
CROWDED = (
    *("MB of a process, peak", "MB afterwards", "page p50 ms", "page p99 ms"),
    *("stored", "told to wait", "other answers", "seconds"),
)
SOAK = ("uploads", "MB over start, after a tenth", "after half", "after all")
LARGEST = tuple(inputs.LARGEST)
STEPS = (
    *("decode ms", "cut ms", "turn, colors ms", "halve ms", "encode ms", "other of the pipeline ms"),
    *("Django, files, row ms", "upload ms", "bare ms"),
)
TABLES: dict[str, Callable[[Results], str]] = {
    "goals": goals_table,
    "upload": lambda results: matrix(results, "upload", "cpu", INPUTS),
    "memory": lambda results: matrix(results, "upload", "memory", INPUTS),
    "kinds": lambda results: matrix(results, "upload", "cpu", (PHONE, "1 size", "8 sizes", "to JPEG", "to AVIF")),
    "quality": lambda results: columns(
        results, "quality", ("webp", "jpg"), ("SSIM, mean", "SSIM, worst", "PSNR dB, mean", "bytes, x naive", "files")
    ),
    "render": lambda results: matrix(results, "render", "warm", PAGES),
    "cold": lambda results: columns(
        results, "render", (PAGE_1000,), ("cold", "cold queries", "cold storage calls", "queries", "storage calls")
    ),
    "coldest": lambda results: matrix(results, "render", "cold", (PAGE_1000, "10,000 uploaded", "1,000 initials")),
    "storages": lambda results: matrix(results, "render", "warm", (PAGE_1000, "1,000 on a CDN", "1,000 signed")),
    "startup": lambda results: columns(results, "startup", (SETUP,), ("modules", "PIL", "numpy, boto3")),
    "s3": lambda results: columns(
        results, "s3", (REQUESTS,), ("upload", "PUT", "HEAD", "GET", "round trips", "replace", "delete", "page of 50")
    ),
    "run": run_table,
    "detail": lambda results: detail(results, "upload", PHONE, ("cpu", "wall", "memory", "bytes", "files")),
    "largest": lambda results: columns(results, "upload", LARGEST, ("memory", "cpu", "wall")),
    "where": lambda results: columns(results, "where", (PHONE, SMALL), STEPS),
    "pages": lambda results: detail(results, "render", PAGE_1000, ("warm", "memory", "page bytes")),
    "load": lambda results: columns(results, "load", SERVERS, LOAD),
    "soak": lambda results: columns(results, "load", ("many uploads",), SOAK),
    "threads": lambda results: columns(results, "load", ("two threads",), ("times faster", "cores")),
    "crowd": lambda results: columns(results, "crowd", (CROWD,), CROWDED),
    "growth": lambda results: columns(results, "growth", SIZES, GROWTH),
}
"""What stands between the markers of the page, by their names."""
