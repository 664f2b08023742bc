"""One's own picture through the API of REST framework: by a form, by JSON, and away again. Prints what was answered."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from os import environ
from pathlib import Path

from client import AuthenticatedClient
from client.api.avatar import avatar_destroy, avatar_retrieve, avatar_update
from client.models import Avatar, AvatarForm, AvatarJSON, AvatarUpdateResponse400
from client.types import File

prefix, token = environ["AUTHORIZATION"].split()
client = AuthenticatedClient(environ["BASE"], token, prefix=prefix)
photo = Path(environ["PHOTO"]).read_bytes()
encoded = base64.b64encode(photo).decode()

by_form = AvatarForm(File(BytesIO(photo), "photo.jpg", "image/jpeg"))
by_json = AvatarJSON(f"data:;base64,{encoded}")
no_picture = AvatarJSON("data:;base64,AAAA")

sent = avatar_update.sync(client=client, body=by_form)
again = avatar_update.sync(client=client, body=by_json)
refused = avatar_update.sync(client=client, body=no_picture)
shown = avatar_retrieve.sync(client=client)
removed = avatar_destroy.sync_detailed(client=client)
gone = avatar_retrieve.sync(client=client)

answers = [sent, again, shown, gone]
assert all(isinstance(answer, Avatar) for answer in answers), answers
assert isinstance(refused, AvatarUpdateResponse400)
print(
    json.dumps(
        {
            "sizes": [sorted(map(int, answer.avatar.sizes.additional_keys)) for answer in answers],
            "urls": [answer.avatar.url for answer in answers],
            "problem": refused.avatar[0],
            "removed": removed.status_code,
        }
    )
)
