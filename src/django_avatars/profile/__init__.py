"""A ready profile for projects that have none: ``django_avatars.profile`` in ``INSTALLED_APPS``, ``migrate``, done."""
