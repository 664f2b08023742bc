"""A project whose code is checked by types from outside, and never run."""

from __future__ import annotations
