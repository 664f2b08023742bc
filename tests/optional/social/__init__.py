"""A provider for django-allauth, which believes what it is told."""
