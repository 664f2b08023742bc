"""One module for each optional package, reached by dotted path or INSTALLED_APPS only."""
