"""
What runs in processes that are killed, measured or raced against each other.

`Nursery` starts one process that has Django and Pillow loaded (`server`), and that forks a child for each piece of
work: a real process with connections of its own, in some milliseconds. Work is a function of `scenarios` or
`histories`; the storage and the database of the children count their steps (`steps`) and can die at any of them.
Coverage is not asked about this package: nobody is left to write it down.
"""

from __future__ import annotations

NAMES = (
    "create", "create_many", "replace", "replace_within", "replace_and_roll_back", "remove", "delete_cascade",
    "delete_many", "make_anew", "take_over", "upload_in_page", "prune",
)  # fmt: skip
"""Functions of `scenarios` that a process can be killed in; told here, as `scenarios` needs Django."""

MODERATED = (
    "send", "show", "approve", "reject", "withdraw", "take_down", "take_down_earlier", "report", "dismiss", "block",
    "undo", "restore", "forget", "remove_for_good", "delete", "grow_old", "erase",
)  # fmt: skip
"""As `NAMES`, of `moderated`."""
