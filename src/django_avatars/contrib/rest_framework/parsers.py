"""Bodies of pictures, read no further than they can be used."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import exceptions
from rest_framework.parsers import BaseParser, JSONParser

from ... import intake
from ...exceptions import InvalidImage
from ...targets import user_field
from ...uploads.uploadhandlers import UnreadFile, read_json
from .exceptions import TooLarge


class AvatarJSONParser(BaseParser):
    """
    JSON that may hold one picture as a ``data:`` address, and not much else.

    REST framework's own parser stops at ``DATA_UPLOAD_MAX_MEMORY_SIZE``, or, before 3.18, nowhere: this one is no
    subclass of it. The view may say whose limit holds, as `AvatarUploadMixin` does.
    """

    media_type: str = JSONParser.media_type

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """As the base. Raises `TooLarge` for a body that cannot be a picture within the limit any more."""
        context = parser_context or {}
        view = context.get("view")
        field = getattr(view, "avatar_field", None) or user_field().field
        limit = field.limits()["max_bytes"]
        body = read_json(stream, max_bytes=limit)
        if body is not None:
            return JSONParser().parse(io.BytesIO(body), media_type, parser_context)
        try:
            return field.process(UnreadFile(max_bytes=limit))
        except InvalidImage as exc:
            intake.refuse(context.get("request"), exc)
            error = exceptions.ErrorDetail(exc.messages[0], exc.code)
            raise TooLarge({getattr(view, "avatar_name", None) or "avatar": [error]}) from exc
