"""One module per question: `cases` says what is asked, `run` asks everybody, `measure` answers in a process."""

from __future__ import annotations
