"""The optional packages, each where it is installed."""
