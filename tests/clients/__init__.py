"""Clients that others' generators make of the documents of our APIs. Runs by itself: `tox run -e clients`."""

from __future__ import annotations
