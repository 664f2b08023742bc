"""Models whose past django-simple-history and django-reversion keep."""
