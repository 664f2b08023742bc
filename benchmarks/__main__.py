"""
Measure, print, draw: ``python -m benchmarks [JOB …] [--quick] [--runs N] [--photos FOLDER]``.

Needs a network only to install the peers, once, into ``benchmarks/.environments``, and PostgreSQL for the
growth job. Without further arguments everything is measured, and replaces ``benchmarks/results.json``; any part
of it goes to ``benchmarks/.environments/part.json``, so that no results of two runs are ever mixed. ``--docs``
makes the plots and tables of the documentation from ``results.json``.
"""

from __future__ import annotations

import argparse
import json
import time
from importlib import import_module
from typing import Any

from . import environments, report

JOBS = ("s3", "startup", "saves", "quality", "where", "render", "upload", "load", "crowd", "growth")
ROUNDS = 3
QUICK = 2


def main() -> None:
    """Run the jobs one after the other, each in rounds."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("jobs", nargs="*", help=f"of {', '.join(JOBS)}; all by default")
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("--peer", action="append", help="only this peer; may be repeated")
    parser.add_argument("--runs", type=int, help=f"rounds, of which the median counts; {ROUNDS} by default")
    parser.add_argument("--quick", action="store_true", help=f"fewer cases, {QUICK} rounds")
    parser.add_argument("--photos", metavar="FOLDER", help="upload the pictures in this folder as well")
    parser.add_argument("--docs", action="store_true", help="make the plots and tables of the documentation, only")
    options = parser.parse_args()
    if unknown := set(options.jobs) - set(JOBS):
        parser.error(f"no job named {', '.join(sorted(unknown))}; there are {', '.join(JOBS)}")
    if options.docs:
        environments.call("plots", "plots")
        report.write_docs(report.Results.load())
        return
    options.runs = options.runs or (QUICK if options.quick else ROUNDS)
    is_part = options.jobs or options.case or options.peer or options.quick or options.photos
    results = report.Results.new(report.PART if is_part else report.FILE, rounds=options.runs)
    start = time.monotonic()
    for job in options.jobs or JOBS:
        measure(job, results, options)
    results.finish(minutes=(time.monotonic() - start) / 60, complete=not is_part)
    print(report.goals(results))


def measure(job: str, results: report.Results, options: argparse.Namespace) -> None:
    """All cases of one job, and its tables. What is counted rather than timed says that one round is enough."""
    module = import_module(f"benchmarks.jobs.{job}")
    for case in module.cases(options):
        if options.case not in case["case"]:
            continue
        if options.peer:
            case["peers"] = [peer for peer in case["peers"] if peer in options.peer]
        case.setdefault("runs", options.runs)
        environments.say(f"{job}: {case['case']}")
        rounds: dict[str, list[dict[str, float]]] = {}
        try:
            for _ in range(case["runs"]):
                for peer, answer in module.run(attempt, case):
                    if answer:
                        rounds.setdefault(peer, []).append(answer)
        finally:
            if hasattr(module, "clean"):
                module.clean(case)
        results.put(job, case["case"], rounds)
        print(report.table(job, case["case"], results), flush=True)


def attempt(environment: str, job: str, **arguments: Any) -> Any:
    """A measurement, or nothing where a peer fails: that is said, and the others go on."""
    try:
        return environments.call(environment, job, **arguments)
    except environments.Failed as failure:
        environments.say(f"{environment} failed {job} {json.dumps(arguments)}:\n{failure}")
        return None


if __name__ == "__main__":
    main()
