"""
Pictures in Wagtail's admin: users are shown with them, and change their own on Wagtail's account page.

``INSTALLED_APPS = ["django_avatars.contrib.wagtail", …]``, above ``wagtail.admin``. Needs Wagtail 7.0.5 or newer.
"""
