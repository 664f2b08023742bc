"""
Pictures in Django REST framework. Needs the extra ``[rest]``.

::

    class ProfileSerializer(serializers.ModelSerializer):
        picture = AvatarSerializerField()

    urlpatterns = [path("api/avatar/", AvatarView.as_view())]

Where drf-spectacular is installed, its schema knows the field as well.
"""

from __future__ import annotations

import importlib.util

from django.core.exceptions import ImproperlyConfigured

try:
    import rest_framework  # noqa: F401
except ImportError as exc:
    raise ImproperlyConfigured(
        "Using django_avatars.contrib.rest_framework, but the 'djangorestframework' package is not installed. "
        "Install it with `pip install django-avatars[rest]`."
    ) from exc

from .fields import AvatarSerializerField
from .parsers import AvatarJSONParser
from .throttling import AvatarThrottle
from .views import AvatarSerializer, AvatarUploadMixin, AvatarView, AvatarViewSetMixin, PersonAvatarView

__all__ = [
    "AvatarJSONParser",
    "AvatarSerializer",
    "AvatarSerializerField",
    "AvatarThrottle",
    "AvatarUploadMixin",
    "AvatarView",
    "AvatarViewSetMixin",
    "PersonAvatarView",
]

if importlib.util.find_spec("drf_spectacular"):
    from . import schema  # noqa: F401 - importing it is what makes it known
