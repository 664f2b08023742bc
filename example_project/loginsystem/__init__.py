"""LoginSystem: sign up, log in, and a face on every page. See `tests` for what its document asks."""
