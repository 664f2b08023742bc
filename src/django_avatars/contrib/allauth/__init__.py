"""
The picture of a social account, from django-allauth, becomes that of the user who signs up or logs in by it.

``INSTALLED_APPS += ["django_avatars.contrib.allauth"]``, with the extra ``allauth``. ``AVATARS["SOCIAL_PICTURE"]``
says when. A picture that the user has uploaded stays, and a log-in never fails because of a picture.
"""
