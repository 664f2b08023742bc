"""What no document can say: that the bytes of a file, in a form or in a ``data:`` address, have to be a picture's."""

from __future__ import annotations

import base64
from typing import Any

import schemathesis
from hypothesis import strategies

from tests import pictures

PICTURES = [pictures.photo(200, 150), pictures.photo(64, 64)]
ADDRESS = f"data:image/jpeg;base64,{base64.b64encode(PICTURES[0]).decode()}"

schemathesis.openapi.format("binary", strategies.sampled_from(PICTURES))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Put a picture where the address is as the document says."""
    body = case.body if case.media_type == "application/json" and case.meta.generation.mode.is_positive else None
    if isinstance(body, dict) and isinstance(body.get("avatar"), str):
        body["avatar"] = ADDRESS
