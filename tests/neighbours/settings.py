"""The test project: what runs here are projects of their own, and these are the settings that let it."""

from __future__ import annotations

from tests.settings import *  # noqa: F403
