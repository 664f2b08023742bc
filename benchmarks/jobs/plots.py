"""The plots of the documentation, from ``results.json``; grey on nothing, readable on light and dark pages."""

from __future__ import annotations

import statistics
from typing import Any

from ..environments import ROOT
from ..peers import LIMITS, OPENCV, OURS
from ..report import PHONE, REQUESTS, Results

FOLDER = ROOT / "docs" / "images"
GREY, BLUE, PALE = "#808080", "#1970b2", "#b0b0b0"
NAMES = {
    OURS: "django-avatars",
    OPENCV: "django-avatars, OpenCV",
    "django_avatar": "django-avatar",
    "easy_thumbnails": "easy-thumbnails",
    "sorl_thumbnail": "sorl-thumbnail",
    "imagekit": "django-imagekit",
    "pictures": "django-pictures",
    "stdimage": "django-stdimage",
    "versatileimagefield": "versatileimagefield",
    "plain": "plain ImageField",
    "naive": "tutorial, Pillow",
    "vips": "libvips alone",
    "bare": "limit: decode + encode",
}
"""As people know them; what is not here is called as it is."""


def measure() -> dict[str, int]:
    """Draw all; the answer is the size of each file in bytes."""
    import matplotlib

    matplotlib.use("svg")
    # Ids of an SVG are random otherwise, and the file would differ each time.
    matplotlib.rcParams.update(
        {"svg.hashsalt": "avatars", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
        | dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), GREY)
    )
    results = Results.load()
    bars(
        results, "upload", "upload", PHONE, "cpu", 1e3, "CPU milliseconds of one upload: 12-megapixel JPEG, four sizes"
    )
    bars(results, "memory", "upload", PHONE, "memory", 1e-6, "megabytes of memory over the start: the same upload")
    bars(
        results,
        "render",
        "render",
        "1,000 uploaded",
        "warm",
        1e6,
        "CPU microseconds of one picture on a page of 1,000, warm",
        log=True,
    )
    bars(results, "s3", "s3", REQUESTS, "upload", 1, "requests to S3 of one upload of four sizes")
    growth(results)
    return {file.name: file.stat().st_size for file in sorted(FOLDER.glob("bench-*.svg"))}


def bars(
    results: Results, name: str, job: str, case: str, key: str, factor: float, title: str, *, log: bool = False
) -> None:
    """One bar for each peer, the shortest on top, ours in blue and limits pale."""
    from matplotlib import pyplot

    found = {peer: statistics.median(values[key]) * factor for peer, values in results.case(job, case).items()}
    found = {peer: value for peer, value in found.items() if value or not log}
    if not found:
        return
    order = sorted(found, key=found.__getitem__, reverse=True)
    figure, axes = pyplot.subplots(figsize=(7, 0.26 * len(order) + 0.7))
    colors = [BLUE if peer == OURS else PALE if peer in LIMITS else GREY for peer in order]
    drawn = axes.barh(
        [NAMES.get(peer, peer) for peer in order], [found[peer] for peer in order], color=colors, height=0.7
    )
    axes.bar_label(drawn, [f"{found[peer]:,.{0 if found[peer] >= 20 else 1}f}" for peer in order], padding=3)
    axes.set_title(title, loc="left", fontsize=9)
    if log:
        axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.xaxis.set_visible(False)
    save(figure, name)


def growth(results: Results) -> None:
    """CPU of an upload, a page and the sweep of one file, by number of people."""
    from matplotlib import pyplot

    cases = [case for case in results.cases("growth") if results.case("growth", case).get(OURS)]
    if len(cases) < 2:
        return
    people = [int(case.split()[0].replace(",", "")) for case in cases]
    lines: dict[str, tuple[str, float]] = {
        "one upload, ms": ("wall", 1e3),
        "of it in the database, ms": ("upload SQL ms", 1),
        "a page of 50, ms": ("page wall ms", 1),
        "one file of a sweep, µs": ("sweep wall µs a file", 1),
    }
    figure, axes = pyplot.subplots(figsize=(7, 3))
    for (label, (key, factor)), color in zip(lines.items(), (BLUE, "#6f5bb0", "#04804e", "#a74f21"), strict=True):
        values = [statistics.median(results.case("growth", case)[OURS][key]) * factor for case in cases]
        axes.plot(people, values, marker="o", color=color, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("people in the database (PostgreSQL)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), labelcolor=GREY)
    save(figure, "growth")


def save(figure: Any, name: str) -> None:
    """Without a date, so that the same results give the same file."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    figure.savefig(FOLDER / f"bench-{name}.svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
