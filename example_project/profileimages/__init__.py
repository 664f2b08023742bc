"""The profile image of who is logged in, as a JSON API on ninja. See `tests` for what its document asks."""
