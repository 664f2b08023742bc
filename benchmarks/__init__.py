"""
Speed, side by side with the peers: ``python -m benchmarks`` (``--help`` for what can be chosen).

`peers` has one small module per peer, in the configuration its documentation recommends; `jobs` has one
module per question. Every measurement is a process of its own in the peer's own virtual environment,
and runs are interleaved, so that a busy machine hits all alike. Compare ratios, never absolute times.
"""

from __future__ import annotations
