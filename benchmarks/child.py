"""One measurement: ``python -m benchmarks.child JOB ARGUMENTS``, in the environment that is measured."""

from __future__ import annotations

import json
import sys
from importlib import import_module

from . import site


def main() -> None:
    """Print what the job's `measure` answers, as one line of JSON."""
    job, arguments = sys.argv[1:]
    try:
        print(json.dumps(import_module(f"benchmarks.jobs.{job}").measure(**json.loads(arguments))))
    finally:
        site.close()


if __name__ == "__main__":
    main()
