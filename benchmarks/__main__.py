"""
Measure, print, draw: ``python -m benchmarks [JOB …] [--quick] [--runs N]``.

Needs a network only to install the peers, once, into ``benchmarks/.environments``. The results go to
``benchmarks/results.json``; with ``--docs`` the plots and tables of the documentation are made from it.
"""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from typing import Any

from . import environments, report

JOBS = ("upload", "quality", "render", "startup", "s3", "load", "growth")


def main() -> None:
    """Run the jobs one after the other, each in rounds."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("jobs", nargs="*", help=f"of {', '.join(JOBS)}; all by default")
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("--peer", action="append", help="only this peer; may be repeated")
    parser.add_argument("--runs", type=int, default=5, help="rounds, of which the median counts")
    parser.add_argument("--quick", action="store_true", help="fewer cases, three rounds")
    parser.add_argument("--docs", action="store_true", help="make the plots and tables of the documentation")
    options = parser.parse_args()
    if unknown := set(options.jobs) - set(JOBS):
        parser.error(f"no job named {', '.join(sorted(unknown))}; there are {', '.join(JOBS)}")
    results = report.Results.load()
    for job in options.jobs or (() if options.docs else JOBS):
        measure(job, results, options)
    print(report.goals(results))
    if options.docs:
        environments.call("plots", "plots")
        report.write_docs(results)


def measure(job: str, results: report.Results, options: argparse.Namespace) -> None:
    """All cases of one job, and its table."""
    module = import_module(f"benchmarks.jobs.{job}")
    for case in module.cases(options.quick):
        if options.case not in case["case"]:
            continue
        if options.peer:
            case["peers"] = [peer for peer in case["peers"] if peer in options.peer]
        environments.say(f"{job}: {case['case']}")
        rounds: dict[str, list[dict[str, float]]] = {}
        for _ in range(case.get("runs") or (3 if options.quick else options.runs)):
            for peer, answer in module.run(attempt, case):
                if answer:
                    rounds.setdefault(peer, []).append(answer)
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
