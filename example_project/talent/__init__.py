"""Profiles of talents, as a JSON API on REST framework. See `tests` for what its document asks."""
