"""Why some files do not come out as Chromium shows them."""

from __future__ import annotations

REASONS: dict[str, str] = {}
"""By the pattern of a name below the folder of the collections."""
