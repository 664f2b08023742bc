"""
What `lifecycle` needs of an AvatarField.

The field stands above this package and uses it, so nothing here imports the field: it asks for this much of it. Most
of that is in `ColumnField`, the field's base.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from django.core.files.base import File
    from django.core.files.storage import Storage
    from django.db import models

    from ..imaging.spec import Picture, Spec


class Column(Protocol):
    """An AvatarField of a model."""

    name: str
    attname: str
    model: type[models.Model]
    max_length: int | None
    null: bool
    upload_to: Any
    attr_class: Any
    """The class of the files that instances have."""
    is_placed_by_row: bool
    """Whether the row says which storage its files are in."""
    is_rebuilt: bool
    """Whether `avatars_rebuild` makes the renditions of these pictures anew."""

    @property
    def known_attname(self) -> str:
        """Name of the attribute in which an instance keeps the `StoredState` of its row."""

    @property
    def column(self) -> str | None:
        """Name of the column in the table."""

    @property
    def storage(self) -> Storage:
        """Where the files of pictures go, unless a file says otherwise."""

    @property
    def error_messages(self) -> Mapping[str, Any]:
        """Texts by the codes of `InvalidImage`."""

    @property
    def spec(self) -> Spec:
        """What an upload must be and what is made of it."""

    @property
    def has_fixed_folder(self) -> bool:
        """Whether the folder is known before the instance is saved, so that the files can be written first."""

    @property
    def unchanged(self) -> Any:
        """The expression that an UPDATE writes where the row keeps its picture."""

    def folder(self, instance: models.Model) -> str:
        """The folder that `upload_to` gives for this instance."""

    def lose(self, rows: models.QuerySet[Any]) -> int:
        """Let these rows name no picture, as its file is gone, and return how many did."""

    def option(self, name: str) -> Any:
        """The value of an option of the field, else of the setting."""

    def get_default(self) -> Any:
        """What a new row holds if nobody has set a picture."""

    def process(self, file: File[Any], *, name: str | None = None) -> Picture:
        """The renditions of an upload. Raises `InvalidImage`."""

    def process_stored(self, file: File[Any]) -> Picture:
        """The renditions of a file that the site has already."""
