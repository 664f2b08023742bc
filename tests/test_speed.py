"""What the page about speed shows is what the last complete run of `benchmarks` measured."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
PLOTS = ("upload", "memory", "render", "s3", "growth")

results = report.Results.load()
page = report.PAGE.read_text()


@pytest.mark.parametrize("name", report.TABLES)
def test_the_tables_are_those_of_the_results(name: str) -> None:
    shown = page.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0]

    assert shown.strip() == report.TABLES[name](results)


@pytest.mark.parametrize(
    ("plot", "job", "case", "key", "factor"),
    [
        ("upload", "upload", report.PHONE, "cpu", 1e3),
        ("memory", "upload", report.PHONE, "memory", 1e-6),
        ("render", "render", report.PAGE_1000, "warm", 1e6),
        ("s3", "s3", report.REQUESTS, "upload", 1.0),
    ],
)
def test_the_plots_are_those_of_the_results(plot: str, job: str, case: str, key: str, factor: float) -> None:
    drawn = re.findall(r">([\d,.]+)</text>", (IMAGES / f"bench-{plot}.svg").read_text())

    for peer in results.case(job, case):
        value = (results.median(job, case, peer, key) or 0.0) * factor
        assert f"{value:,.{0 if value >= 20 else 1}f}" in drawn, peer


@pytest.mark.parametrize("plot", PLOTS)
def test_every_plot_is_on_the_page(plot: str) -> None:
    assert (IMAGES / f"bench-{plot}.svg").exists()
    assert f"../images/bench-{plot}.svg" in page


def test_all_was_measured_in_one_complete_run() -> None:
    run: dict[str, Any] = results.data["run"]

    assert run["complete"]
    assert run.keys() >= {"commit", "date", "cpus", "python", "rounds", "versions"}
    for job, cases in results.data["jobs"].items():
        for case, peers in cases.items():
            rounds = {len(values) for peer in peers.values() for values in peer.values()}
            assert rounds in ({run["rounds"]}, {1}), (job, case)


def test_a_part_leaves_the_complete_run_alone(tmp_path: Path) -> None:
    part = report.Results.new(tmp_path / "part.json", rounds=2)

    part.put("upload", "a", {"one": [{"cpu": 1.0}, {"cpu": 2.0}]})
    part.put("upload", "a", {"other": [{"cpu": 3.0}]})
    part.put("upload", "b", {})

    assert json.loads(part.file.read_text())["jobs"] == {
        "upload": {"a": {"one": {"cpu": [1.0, 2.0]}, "other": {"cpu": [3.0]}}}
    }
    assert part.spread("upload", "a", "one", "cpu") == pytest.approx(1 / 3)
    assert part.spread("upload", "a", "nobody", "cpu") is None
