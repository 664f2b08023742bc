"""
What a project that comes from django-avatar goes on using: its tags, addresses, signals and settings.

Put ``"django_avatars.contrib.django_avatar"`` into ``INSTALLED_APPS`` in the place of ``"avatar"``. Templates and
mails stay as they are; a system check says when nothing asks for this app any more.
"""
