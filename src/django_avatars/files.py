"""The public address of `AvatarFieldFile`, which ``profile.picture`` gives, and of the descriptor that returns it."""

from __future__ import annotations

from .lifecycle.files import AvatarDescriptor, AvatarFieldFile

__all__ = ["AvatarDescriptor", "AvatarFieldFile"]
