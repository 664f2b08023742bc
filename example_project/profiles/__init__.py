"""Profiles of people behind the scenes, as a JSON API on REST framework. See `tests` for what its document asks."""
